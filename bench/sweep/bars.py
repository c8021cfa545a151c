"""What is known of finished cells as a bar for others (`bench.methods.bar`), from their records and predictions."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.cell import Cell
from bench.methods.bar import FROM, Bar
from bench.results import store
from bench.results.record import Record, Status

Bars = Callable[[Cell], Bar | None]
"""The bar for a cell that is about to run; None: it is run to its end."""


def no_bar(cell: Cell) -> None:
    """None: every cell is run to its end."""


def bar_of(leader: str, folder: Path, record: Record, like: Sequence[Record], alpha: float) -> Bar | None:
    """The bar that the finished cell in `folder` is for cells on the same validation examples.

    `like` are records of cells like those that it is for; the more there are, the surer is the most that they gained.
    None where examples may have several labels, the leader has no validation examples, or none of `like` says how its
    training went. Raises OSError or ValueError where predictions can't be read.
    """
    frame, gains = store.read_predictions(folder, record), gains_of(like)
    if frame is None or not gains:
        return None
    validation = frame[frame["split"] == "validation"]
    if not validation["label"].map(lambda label: isinstance(label, str)).all():
        return None  # several labels: thresholds decide, which are found when a training has ended
    right = (validation["label"] == validation["predicted"]).tolist()
    correct = dict(zip(validation["id"], right, strict=True))
    return Bar(leader=leader, correct=correct, gains=gains, alpha=alpha) if correct else None


def gains_of(like: Sequence[Record]) -> tuple[tuple[float, float], ...]:
    """The most in validation accuracy that cells gained from each part of their training to its end.

    From the best validation up to there, to that of the weights that were kept. A part before which one of the cells
    was not validated is left out.
    """
    known = [curve for record in like if (curve := _curve(record))]
    parts = sorted({part for curve, _ in known for part, _ in curve if part >= FROM})
    gains: list[tuple[float, float]] = []
    for part in parts:
        before = [[score for begin, score in curve if begin <= part] for curve, _ in known]
        if all(before):
            ends = [end for _, end in known]
            gains.append((part, max(max(0.0, end - max(b)) for b, end in zip(before, ends, strict=True))))
    return tuple(gains)


def _curve(record: Record) -> tuple[list[tuple[float, float]], float] | None:
    """Validation accuracy by the part of the training, and in the end; None where that is not known."""
    measured = record.measurements if record.status is Status.OK else None
    if measured is None or measured.training is None or measured.validation is None or not measured.training.max_steps:
        return None
    steps = measured.training.max_steps
    points = [(p.step / steps, p.validation_accuracy) for p in measured.training.history if p.step]
    found = [(part, score) for part, score in points if score is not None]
    return (found, max(measured.validation.accuracy, *(score for _, score in found))) if found else None
