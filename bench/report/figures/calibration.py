"""Whether a model is as often right as it is sure: reliability diagrams and expected calibration error."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.report.content.wording import spread
from bench.report.figures import style
from bench.report.figures.layout import Texts, panel_grid
from bench.report.figures.named_rows import best_rows
from bench.report.inputs.layouts import has_several_labels
from bench.report.inputs.prediction_store import PredictionStore, UnreadablePredictions
from bench.report.inputs.records import CellRecord, ExpectedCell, at_largest_size
from bench.report.statistics.correctness import TestPredictions
from bench.report.statistics.points import Point
from bench.results.record import Record, Status

BINS = 15
"""Of equal width, as in Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2."""
MIN_IN_BIN = 10
"""Bins with fewer examples are not drawn: their share of right answers is chance."""
MAX_ROWS, MAX_LABEL_COUNTS = 12, 4
PANEL = (3.15, 3.3)
"""Inches."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the two sides of calibration are called."""

    title: str
    sure: str
    right: str
    mean_sure: str
    mean_right: str


TERMS: Mapping[Kind, Terms] = {
    SINGLE_LABEL: Terms(
        "Confidence and right answers", "confidence", "share of right answers", "mean confidence", "accuracy"
    ),
    MULTI_LABEL: Terms(
        "Probabilities of labels", "probability of a label", "share of texts that have it", "mean probability",
        "mean share of labels",
    ),
}  # fmt: skip
MAX_PAIRS = 30_000
"""Of a text and a label, that are looked at of one record: what would be right by chance is drawn hundreds of times."""


@dataclass(frozen=True)
class Confidences:
    """How sure one record's model was of each test example, and whether it was right; where texts may have several
    labels, of each text and label: how probable it was, and whether the text has it."""

    confidence: NDArray[np.float64]
    correct: NDArray[np.bool_]


ConfidencesByPoint = Mapping[Point, Mapping[int, Confidences]]
"""By point and seed."""


def confidences(
    found: Mapping[ExpectedCell, CellRecord],
    rows: list[str],
    library: PredictionStore | None = None,
    baseline: str | None = None,
) -> ConfidencesByPoint:
    """Of each row and label count, the point with the most training examples; at most `MAX_ROWS` rows, the best and
    the baseline (the last of `rows` where none is named), and `MAX_LABEL_COUNTS` label counts. Reads the predictions
    of their seeds.

    `library` has the predictions that were read already. Points whose records have no probabilities, or predictions
    that can't be read, are left out.
    """
    library = library or PredictionStore()
    done: dict[Point, dict[int, tuple[ExpectedCell, Record]]] = {}
    for cell, record in found.items():
        if isinstance(record, Record) and record.status is Status.OK:
            point = Point(cell.row, cell.num_labels, cell.train_size)
            done.setdefault(point, {})[cell.seed] = (cell, record)
    largest = at_largest_size(done)
    kept = set(spread(sorted({point.num_labels for point in largest}), MAX_LABEL_COUNTS))
    largest = {point: seeds for point, seeds in largest.items() if point.num_labels in kept}
    met = [row for row in rows if any(point.row == row for point in largest)]
    chosen = best_rows(
        {point: _accuracy(seeds) for point, seeds in largest.items()},
        MAX_ROWS,
        [baseline] if baseline in met else met[-1:],
    )
    read = {
        point: {seed: sure for seed, pair in seeds.items() if (sure := _sure(pair, library)) is not None}
        for point, seeds in sorted(largest.items(), key=lambda item: (rows.index(item[0].row), item[0][1:]))
        if point.row in chosen
    }
    return {point: seeds for point, seeds in read.items() if seeds}


def _accuracy(seeds: Mapping[int, tuple[ExpectedCell, Record]]) -> float:
    """Mean over seeds, as their records say."""
    measured = [record.measurements for _, record in seeds.values()]
    return float(np.mean([one.test.accuracy for one in measured if one is not None] or [0.0]))


def _sure(kept: tuple[ExpectedCell, Record], library: PredictionStore) -> Confidences | None:
    cell, record = kept
    try:
        if has_several_labels(record):
            return _of_pairs(library.probable(cell.folder, record))
        answers, confidence = library.of(cell.folder, record), library.confidence(cell.folder, record)
    except UnreadablePredictions:  # the page says so of all such records in one place
        return None
    return None if confidence is None else Confidences(confidence.astype(np.float64), answers.correct > 0)


def _of_pairs(answers: TestPredictions | None) -> Confidences | None:
    """All labels of every test text, or of evenly spaced ones."""
    if answers is None:
        return None
    found, step = answers.labelled, -(-answers.test_set.labels.size // MAX_PAIRS)
    assert found.probabilities is not None
    return Confidences(found.probabilities[::step].ravel(), np.asarray(found.labels)[::step].ravel() == 1)


def places_of(confidence: NDArray[np.float64]) -> NDArray[np.int_]:
    """The bin of each example; a bin holds its upper edge."""
    return np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)


def binned(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Examples, mean confidence and share of right answers in each of `BINS` bins; null where a bin is empty."""
    places = places_of(confidence)
    counts = np.bincount(places, minlength=BINS)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(places, confidence, BINS) / counts
        shares = np.bincount(places, correct.astype(float), BINS) / counts
    return counts, means, shares


def calibration_distance(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], places: NDArray[np.int_]
) -> float:
    """`expected_calibration_error` of examples whose bins are known."""
    return float(np.abs(np.bincount(places, confidence - correct, BINS)).sum() / len(confidence))


def expected_calibration_error(sure: Confidences) -> float:
    """Mean distance between confidence and share of right answers over bins, by their examples (Guo et al. 2017)."""
    return calibration_distance(sure.confidence, sure.correct, places_of(sure.confidence))


@style.applied
def reliability(points: ConfidencesByPoint, rows: list[str], data: str, terms: Terms = TERMS[SINGLE_LABEL]) -> Figure:
    """Draw the share of right answers against confidence, a panel a label count, a line a row; seeds together.

    `points` are of `confidences`, `rows` all of the grid in order. On the diagonal, a model is as often right as it is
    sure; below it, it is too sure of itself.
    """
    labels = sorted({point.num_labels for point in points})
    styles = style.row_styles(rows)
    met = list(dict.fromkeys(point.row for point in points))
    handles = [style.row_handle(row, styles[row], size=4) for row in met]
    handles.append(
        Line2D([], [], color=style.MUTED, linestyle=(0, (3, 2)), linewidth=0.9, label="perfectly calibrated")
    )
    note = f"Each row at its largest training size, all seeds together. {BINS} bins of equal width; "
    note += f"bins of fewer than {MIN_IN_BIN} test examples are left out. Below the diagonal: too sure."
    around = Texts(title=f"{terms.title} on {data}", note=note, x=terms.sure, y=terms.right)
    figure, (panels,) = panel_grid((1, len(labels)), PANEL, handles, around)
    for axes, count in zip(panels, labels, strict=True):
        axes.plot([0, 1], [0, 1], color=style.MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
        for point, seeds in points.items():
            if point.num_labels == count:
                _draw_line(axes, seeds.values(), styles[point.row])
        axes.set_title(f"{count} labels")
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.02)
        axes.set_aspect("equal")
        axes.grid(color=style.GRID, linewidth=0.6)
    return figure


def _draw_line(axes: Axes, seeds: Iterable[Confidences], look: style.RowStyle) -> None:
    seeds = list(seeds)
    counts, means, shares = binned(
        np.concatenate([one.confidence for one in seeds]), np.concatenate([one.correct for one in seeds])
    )
    some = counts >= MIN_IN_BIN
    axes.plot(
        means[some],
        shares[some],
        marker=look.marker,
        color=look.colour,
        linestyle=look.line,
        markersize=4,
        linewidth=1.2,
    )
