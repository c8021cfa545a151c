"""Which cells can be fused with which. Imports nothing heavy: a sweep's parent asks."""

from collections.abc import Hashable

from bench.cell import Cell
from bench.running.warm import base_of


def can_fuse(cell: Cell) -> Hashable | None:
    """What cells must agree on to be fused: data, frozen model and method; None where `cell` can't be.

    Labels, training sizes, seeds, learning rates, schedules, batches and early stopping are each cell's own; in fp16
    so are the scales of their losses. Cells that try learning rates, DoRA, recomputed activations, compiled models and
    texts in windows stay single.
    """
    method, training = cell.method, cell.training
    if method is None or training is None or not method.is_stackable or cell.tune is not None:
        return None
    if training.gradient_checkpointing or training.compile or training.max_windows is not None:
        return None
    return (
        cell.task.data,
        base_of(cell, device="any"),
        method,
        training.optim,
        training.max_length,
        training.max_length_asked,
        training.side,
        training.precision_asked,
    )
