"""What each label gets: precision, recall and F1 in a table, confusions in a figure; for small experiments."""

from collections.abc import Sequence
from functools import partial
from math import ceil
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.report.content.parts import Entry
from bench.report.content.table import Table, table
from bench.report.content.wording import (
    UNTRAINED,
    deviation_text,
    number_text,
    span_text,
)
from bench.report.figures import style
from bench.report.figures.heatmap_cells import Shade
from bench.report.figures.matrix import draw_matrix
from bench.report.inputs.records import Points, Seeds, at_largest_size
from bench.report.statistics.points import Point
from bench.results.scores import Evaluation
from bench.wording import counted

MAX_LABELS, MAX_ROWS = 8, 6
"""Bigger label counts and grids have fewer matrices, or none, and no table of this kind: nobody would read them."""
MAX_LABELS_OF_A_MATRIX = 20
GAP, MARGIN, LABEL_MAX = 0.35, 0.15, 1.6
"""Inches."""
WIDTH = 12.0
"""Inches that a line of panels may take, about."""
DIGITS = 3


def scored_points(measured: Points) -> Points:
    """Each row at its largest size, for each label count, as far as scores by label were kept."""
    return {point: seeds for point, seeds in at_largest_size(measured).items() if evaluations(seeds)}


def small_points(points: Points) -> Points:
    """Those of `scored_points` whose every number can be shown; none if there are too many rows or labels."""
    too_many = len({point.row for point in points}) > MAX_ROWS
    return {} if too_many or any(point.num_labels > MAX_LABELS for point in points) else points


def matrix_points(points: Points, num_labels: int, baseline: str | None) -> Points:
    """The points of a label count that have confusion matrices: all of few, else the best row and the baseline."""
    some = {point: seeds for point, seeds in points.items() if point.num_labels == num_labels}
    if len(some) <= MAX_ROWS and num_labels <= MAX_LABELS:
        return some
    if num_labels > MAX_LABELS_OF_A_MATRIX:
        return {}
    best = max(some, key=lambda point: float(np.mean([test.accuracy for test in evaluations(some[point])])))
    return {point: seeds for point, seeds in some.items() if point == best or point.row == baseline}


def evaluations(seeds: Seeds) -> list[Evaluation]:
    """Test scores of all seeds, as far as their labels are those of the first and every part is as long as them."""
    tests = [measured.test for measured in seeds.values()]
    names = [scores.label for scores in tests[0].per_label]
    shape = (len(names), len(names))
    same = [test for test in tests if names and [scores.label for scores in test.per_label] == names]
    return [test for test in same if test.label_sets is not None or _shape(test.confusion_matrix) == shape]


def _shape(matrix: Sequence[Sequence[int]] | None) -> tuple[int, int]:
    """Lines and columns; (0, 0) where the lines are not equally long, or there are none."""
    if matrix is None:
        return 0, 0
    lengths = {len(line) for line in matrix}
    return (len(matrix), lengths.pop()) if len(lengths) == 1 else (0, 0)


def report_table(points: Points) -> Table:
    """Precision, recall, F1 (± SD) and support by label, means over seeds; averages under each row's labels."""
    lines: list[list[Any]] = []
    for point, seeds in points.items():
        tests = evaluations(seeds)
        for place, first in enumerate(tests[0].per_label):
            scores = [test.per_label[place] for test in tests]
            numbers = [_mean([getattr(one, name) for one in scores]) for name in ("precision", "recall")]
            f1, support = _mean_and_deviation([one.f1 for one in scores]), span_text(one.support for one in scores)
            if not any(one.support for one in scores):  # nothing was measured
                nothing = Entry("–", numbers={})
                numbers, f1 = [nothing, nothing], nothing
            lines.append([point.row, first.label, *numbers, f1, support])
        total = span_text(test.num_examples for test in tests)
        for average in ("macro", "weighted"):
            values = [[getattr(test, f"{average}_{name}") for test in tests] for name in ("precision", "recall", "f1")]
            parts = [_mean(values[0]), _mean(values[1]), _mean_and_deviation(values[2]), total]
            lines.append([point.row, f"{average} average", *parts])
    return table(["row", "label", "precision", "recall", "F1", "test examples"], lines)


def _mean(values: Sequence[float]) -> Entry:
    mean = float(np.mean(values))
    return Entry(number_text(mean, DIGITS), numbers={"": mean})


def _mean_and_deviation(values: Sequence[float]) -> Entry:
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None
    spread = "" if deviation is None else f" {deviation_text(deviation, DIGITS)}"
    return Entry(f"{number_text(mean, DIGITS)}{spread}", numbers={"mean": mean, "sd": deviation})


@style.applied
def confusion_matrices(points: Points, title: str, note: str) -> Figure:
    """Draw a panel a row of the grid: of each true label, what share of test examples was called what.

    `points` (from `small_points`) are of one label count. Counts of all seeds are added up; the lines of a panel are
    true labels, its columns predicted ones.
    """
    first = evaluations(next(iter(points.values())))[0]
    names = [style.wrapped(style.shown(scores.label), LABEL_MAX, style.SMALL) for scores in first.per_label]
    cell = max(0.62, 2 / len(names)) if len(names) <= 4 else 0.46
    left = max(style.text_width(name, style.SMALL) for name in names) + 0.45
    upright = max(style.text_width(name, style.SMALL) for name in names) > cell - 0.06
    below = (max(style.text_width(name, style.SMALL) for name in names) if upright else 0.2) + 0.45
    side = cell * len(names)
    titles = [
        style.wrapped_lines(f"{style.called(point.row)}\n{_size(point, seeds)}", side + GAP, style.NORMAL, "bold")
        for point, seeds in points.items()
    ]
    above = max(style.block_height(title, style.NORMAL) for title in titles) + 0.1
    columns = max(1, min(len(points), int(WIDTH // (left + side + GAP))))
    lines = ceil(len(points) / columns)
    width = max(columns * (left + side + GAP) + MARGIN, 6.0)
    head = style.head_of(title, note, width, MARGIN)
    height = head.height + lines * (above + side + below)
    figure = Figure(figsize=(width, height))
    head.write(figure)
    for number, seeds in enumerate(points.values()):
        down, across = divmod(number, columns)
        x, y = MARGIN + across * (left + side + GAP) + left, head.height + down * (above + side + below) + above
        axes = figure.add_axes((x / width, 1 - (y + side) / height, side / width, side / height))
        _draw_matrix(axes, shares(seeds), names, upright=upright)
        axes.set_title(titles[number])
    return figure


def shares(seeds: Seeds) -> NDArray[np.float64]:
    """Of each true label (lines), the share of its test examples that was called each label, over all seeds.

    A line adds up to less than 1 where an answer was none of the labels; it is null where a label has no example.
    """
    tests = evaluations(seeds)
    counts = np.sum([np.array(test.confusion_matrix, dtype=float) for test in tests], axis=0)
    support = np.sum([[scores.support for scores in test.per_label] for test in tests], axis=0, dtype=float)
    return np.divide(counts, support[:, None], out=np.full_like(counts, np.nan), where=support[:, None] > 0)


def _size(point: Point, seeds: Seeds) -> str:
    size = f"{point.train_size:,} examples" if point.train_size else UNTRAINED
    return f"{size}, {counted(len(evaluations(seeds)), 'seed')}"


def _draw_matrix(axes: Axes, values: NDArray[np.float64], names: list[str], *, upright: bool) -> None:
    shade = Shade(matplotlib.colormaps["Blues"], Normalize(0, 1))
    count = len(names)
    draw_matrix(axes, values, np.vectorize(partial(_share_text, count), otypes=[str])(values), shade)
    axes.set_xticks(np.arange(count) + 0.5, names, rotation=90 if upright else 0)
    axes.set_yticks(np.arange(count) + 0.5, names)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")


def _share_text(count: int, share: float) -> str:
    """A share in a matrix of `count` labels; "" for about none in a big one, where a field of 0 % hides the rest."""
    if count <= 4:
        return f"{share:.1%}"
    return f"{share:.0%}" if share >= 0.005 else ""
