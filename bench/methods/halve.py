"""Smaller batches for a cell that ran out of memory; the batch that an optimizer step sees stays the same."""

from dataclasses import replace

from bench.cell import Cell
from bench.config import TrainingConfig
from bench.config.method.gradient import GradientMethod
from bench.results.measurements import Halved


def in_halves(cell: Cell) -> Cell | None:
    """`cell` with half the examples at once on the device and twice the accumulation; None where nothing can be halved.

    A batch that is no multiple of 2 is divided by its smallest factor. One of 1 stays: the activations of its blocks
    are computed again on the way back, where the method gains by that, and evaluation gets smaller.
    """
    if cell.training is not None:
        smaller = _halve_training(cell.training)
        if smaller.per_device_train_batch_size == cell.training.per_device_train_batch_size and _can_compute_again(
            cell
        ):
            smaller = replace(smaller, gradient_checkpointing=True)
        return None if smaller == cell.training else replace(cell, training=smaller)
    halved = None if cell.method is None else cell.method.in_halves()
    return None if halved is None else replace(cell, method=halved)


def halved(cell: Cell, times: int) -> Cell | None:
    """`cell` after so many times of `in_halves`; None where it cannot be halved so often."""
    smaller: Cell | None = cell
    for _ in range(times):
        smaller = None if smaller is None else in_halves(smaller)
    return smaller


def _can_compute_again(cell: Cell) -> bool:
    assert cell.training is not None
    return isinstance(cell.method, GradientMethod) and cell.method.gains_by_checkpointing and not cell.training.compile


def _halve_training(training: TrainingConfig) -> TrainingConfig:
    batch = training.per_device_train_batch_size
    factor = next((n for n in range(2, batch + 1) if batch % n == 0), 1)
    return replace(
        training,
        per_device_train_batch_size=batch // factor,
        gradient_accumulation_steps=training.gradient_accumulation_steps * factor,
        per_device_eval_batch_size=max(1, training.per_device_eval_batch_size // 2),
    )


def batches(cell: Cell) -> Halved:
    """The batch sizes of a cell that `in_halves` gave, for its record."""
    if cell.training is not None:
        return Halved(
            train_batch_size=cell.training.per_device_train_batch_size,
            gradient_accumulation_steps=cell.training.gradient_accumulation_steps,
            eval_batch_size=cell.training.per_device_eval_batch_size,
            activation_checkpointing=cell.training.gradient_checkpointing,
        )
    found = cell.option("batch_size")
    assert found is not None, f"{cell.approach.choice} can be halved, and has no option batch_size"
    return Halved(train_batch_size=None, gradient_accumulation_steps=None, eval_batch_size=found[1])
