"""How much work a cell is against others of its sweep, guessed from its configuration alone."""

import math
from collections.abc import Mapping
from typing import Any

from bench.cell import Cell
from bench.config.training import examples_seen

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
    if training is None:
        return _cost(task.train_size)
    batch = training.per_device_train_batch_size * training.gradient_accumulation_steps
    tries = len(cell.tune.learning_rate) if cell.tune else 1
    return _cost(task.train_size, training.epochs, training.least_steps * batch, tries)


def recorded_cost(identity: Mapping[str, Any]) -> float:
    """`relative_cost` of the cell with this `identity`, as its record keeps it; what is not in it counts as nothing.

    One that no cell of this program has counts as a baseline.
    """
    try:
        cost = _recorded_cost(identity)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return BASELINE
    return cost if 0 < cost < math.inf else BASELINE


def _recorded_cost(identity: Mapping[str, Any]) -> float:
    if identity.get("method") is None:
        return BASELINE
    train_size = identity.get("task", {}).get("train_size", 0)
    training, tune = identity.get("training"), identity.get("tune")
    if training is None:
        return _cost(train_size)
    batch = training.get("per_device_train_batch_size", 1) * training.get("gradient_accumulation_steps", 1)
    tries = len(tune["learning_rate"]) if tune else 1
    return _cost(train_size, training.get("num_train_epochs", 1), training.get("min_steps", 0) * batch, tries)


def _cost(train_size: int, epochs: float | None = None, at_least: int = 0, tries: int = 1) -> float:
    judged = FORWARD * JUDGED
    if epochs is None:
        return judged + FORWARD * train_size
    return tries * (TRAIN * examples_seen(train_size, epochs, at_least) + judged) + judged
