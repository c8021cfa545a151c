"""What trackers are told of a cell and its record: plain names and numbers, in the units of the record."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from bench.cell import Cell
from bench.results.record import Record
from bench.results.scores import Evaluation
from bench.tracking.messages import Points, Run, Value

LOSS = "train/loss"
_SCORES = (
    "accuracy", "macro_precision", "macro_recall", "macro_f1", "weighted_precision", "weighted_recall", "weighted_f1",
    "loss", "mean_confidence",
)  # fmt: skip
_HISTORY = {
    "train_loss": LOSS,
    "learning_rate": "train/learning_rate",
    "epoch": "train/epoch",
    "validation_loss": "validation/loss",
    "validation_accuracy": "validation/accuracy",
    "validation_score": "validation/score",
}
"""By the name in a record's history."""


def run_of(cell: Cell) -> Run:
    """The cell's key, and the identity that it is hashed from, with the record's axes."""
    from bench.running.recording import configuration  # with pandas

    block = configuration(cell)
    axes = {name: getattr(block, name) for name in ("data", "num_labels", "train_size", "seed", "model", "method")}
    return Run(cell.key, {**dict(_flat(block.identity)), **{k: v for k, v in axes.items() if v is not None}})


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Value]]:
    """Options by dotted name; what is not set has none."""
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield f"{prefix}{name}", json.dumps(value)
        elif value is not None:
            yield f"{prefix}{name}", value


def metrics_of(record: Record) -> dict[str, float]:
    """The final numbers of an `ok` record; of another there are none.

    `test/num_examples` and `test/num_correct` are what an interval of the accuracy is made of; the seed is a parameter.
    """
    found = record.measurements
    if found is None:
        return {}
    metrics: dict[str, float | None] = {"energy_joules": found.energy_joules}
    for name, scores in (("test", found.test), ("validation", found.validation), ("train", found.train)):
        if scores is not None:
            metrics |= {f"{name}/{metric}": value for metric, value in _scores(scores)}
    for name, block in (
        ("seconds", found.seconds),
        ("throughput", found.throughput),
        ("memory_bytes", found.memory),
        ("parameters", found.parameters),
        ("training", found.training),
    ):
        metrics |= {f"{name}/{field}": value for field, value in _numbers(block)}
    if found.fused is not None:
        metrics["fused_cells"] = found.fused.cells
    return {name: value for name, value in metrics.items() if value is not None}


def _scores(scores: Evaluation) -> Iterator[tuple[str, float | None]]:
    yield "num_examples", scores.num_examples
    yield "num_correct", round(scores.accuracy * scores.num_examples)
    for name in _SCORES:
        yield name, getattr(scores, name)
    yield from scores.metrics.items()


def _numbers(block: BaseModel | None) -> Iterator[tuple[str, float]]:
    """The fields of a block that are numbers."""
    for name in () if block is None else type(block).model_fields:
        value = getattr(block, name)
        if isinstance(value, int | float):
            yield name, value


def points_of(record: Record) -> Points:
    """What the record's history has, by optimizer step."""
    training = None if record.measurements is None else record.measurements.training
    if training is None:
        return ()
    return tuple(
        (
            point.step,
            {ours: value for theirs, ours in _HISTORY.items() if (value := getattr(point, theirs)) is not None},
        )
        for point in training.history
    )


def without(points: Points, told: Mapping[int, float]) -> Points:
    """The points without the training losses, by step, that were told already."""
    return tuple(
        (step, left)
        for step, values in points
        if (left := {name: value for name, value in values.items() if name != LOSS or step not in told})
    )


def last_step(record: Record) -> int:
    """Optimizer steps of the record's training; 0 without one."""
    training = None if record.measurements is None else record.measurements.training
    return 0 if training is None else training.steps
