"""One module for each protocol by which a task's examples are drawn; each has `draw(task, pool) -> Splits`."""
