"""F1 of each label for each row, as a heatmap; and which labels are taken for which."""

import matplotlib
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.report.content.parts import Entry, size_entry
from bench.report.content.table import Table, table
from bench.report.content.wording import number_text
from bench.report.figures import style
from bench.report.figures.confusion import evaluations, shares
from bench.report.figures.heatmap_cells import Shade
from bench.report.figures.matrix import draw_matrix
from bench.report.inputs.records import Points

MAX_LABELS, MAX_ROWS = 32, 12
MAX_PAIRS = 3
"""Of a row, in the table."""
MIN_SHARE = 0.02
"""Of a label's test examples: pairs that are confused less often are not named."""
CELL, MARGIN, LABEL_MAX = (0.78, 0.32), 0.15, 2.2
"""Inches."""


def f1_by_label(points: Points) -> tuple[list[str], NDArray[np.float64]]:
    """Labels, and their F1 (means over seeds): a line a label, a column a point. `points` are of one label count.

    A point whose labels are not those of the first has no numbers, and neither has a label without test examples.
    """
    names = [scores.label for scores in evaluations(next(iter(points.values())))[0].per_label]
    columns = []
    for seeds in points.values():
        tests = [test for test in evaluations(seeds) if [one.label for one in test.per_label] == names]
        scores = [[one.f1 if one.support else np.nan for one in test.per_label] for test in tests]
        columns.append(np.mean(scores, axis=0) if scores else np.full(len(names), np.nan))
    return names, np.array(columns).T


@style.applied
def f1_heatmap(points: Points, title: str, note: str) -> Figure:
    """Draw F1 of each label (lines, hardest first) for each row at its largest training size (columns).

    `points` are of one label count.
    """
    names, values = f1_by_label(points)
    order = np.argsort(np.nan_to_num(values, nan=1).mean(axis=1), kind="stable")  # no examples: at the end
    names, values = [style.wrapped(style.shown(names[place]), LABEL_MAX, style.SMALL) for place in order], values[order]
    heads = [style.wrapped(style.called(point.row), 1.9, style.SMALL) for point in points]
    left = max(style.text_width(name, style.SMALL) for name in names) + MARGIN + 0.15
    above = max(style.text_width(head, style.SMALL) for head in heads) * 0.75 + 0.35
    wide, high = CELL[0] * len(heads), CELL[1] * len(names)
    width = max(left + wide + 1.2, 6.0)
    head = style.head_of(title, note, width, MARGIN)
    height = head.height + above + high + MARGIN
    figure = Figure(figsize=(width, height))
    head.write(figure)
    box = (left / width, MARGIN / height, wide / width, high / height)
    axes = figure.add_axes(box)
    shade = Shade(matplotlib.colormaps["viridis"], Normalize(0, 1))
    draw_matrix(axes, values, np.vectorize(number_text, otypes=[str])(values, 2), shade)
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    axes.set_xticks(np.arange(len(heads)) + 0.5, heads, rotation=45, ha="left", rotation_mode="anchor")
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    return figure


def confused_pairs(points: Points) -> Table:
    """Of each row at its largest size, the labels that are most often taken for another; all seeds together."""
    lines = []
    for point, seeds in points.items():
        names = [scores.label for scores in evaluations(seeds)[0].per_label]
        rates = shares(seeds)
        np.fill_diagonal(rates, 0)
        rates = np.nan_to_num(rates)
        for place in np.argsort(-rates, axis=None, kind="stable")[:MAX_PAIRS]:
            true, predicted = np.unravel_index(place, rates.shape)
            if rates[true, predicted] >= MIN_SHARE:
                size, rate = size_entry(point.train_size), float(rates[true, predicted])
                share = Entry(f"{100 * rate:.1f} %", numbers={"": rate})
                lines.append([point.row, point.num_labels, size, names[true], names[predicted], share])
    header = ["row", "labels", "training examples", "true label", "predicted as", "share of its test examples"]
    return table(header, lines)
