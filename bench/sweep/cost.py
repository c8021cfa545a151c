"""How much work a cell is against others of its sweep, guessed from its configuration alone."""

from bench.cell import Cell

FORWARD, TRAIN = 1.0, 3.0
"""Of an example through a transformer: a backward pass costs about twice the forward pass."""
JUDGED = 1000.0
"""Test examples of a cell, about."""
BASELINE = 20.0
"""A cell without a transformer, in the same unit."""


def relative_cost(cell: Cell) -> float:
    """Examples through the model, weighted: good enough to say how far along a sweep is, not how long it takes.

    Models of different size count alike, for a sweep does them one after the other and learns the pace anew.
    """
    task, training = cell.task, cell.training
    if cell.method is None:
        return BASELINE
    judged = FORWARD * JUDGED
    if training is None:
        return judged + FORWARD * task.train_size
    batch = training.per_device_train_batch_size * training.gradient_accumulation_steps
    seen = max(training.num_train_epochs * task.train_size, training.min_steps * batch)
    tries = len(cell.tune.learning_rate) if cell.tune else 1
    return tries * (TRAIN * seen + judged) + judged
