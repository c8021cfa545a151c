"""Running cells: what comes before, what is measured, what a process keeps between them, and the records they leave."""
