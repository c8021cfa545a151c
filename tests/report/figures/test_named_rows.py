"""Figures of grids with many rows: the best are told apart, the others are grey."""

import numpy as np
import pytest
from matplotlib.colors import same_color

from bench.report.figures import style
from bench.report.figures.cost import score_and_cost
from bench.report.figures.label_counts import label_count_curves
from bench.report.figures.named_rows import FEW_NAMED, MAX_NAMED, named_rows
from bench.report.figures.scaling import scaling_curves
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.statistics.costs import cost_points
from bench.report.statistics.curves import Curve
from bench.report.statistics.fitted_curves import fitted_curves
from tests.report import simulate
from tests.report.statistics.answers import exactly, grid_of
from tests.report.views import SLOW, STEEP, TRIED, curves

MANY = [f"row {number:02d}" for number in range(MAX_NAMED + 1)]


def test_few_rows_are_all_named():
    assert named_rows(MANY[:-1], {}) == MANY[:-1]


def test_of_many_rows_the_best_of_each_label_count_come_first():
    """At 2 labels the last rows are the best, at 4 the first ones."""
    points = {}
    for place, row in enumerate(MANY):
        points[row, 2, 64] = exactly([0.5 + 0.02 * place], 400)
        points[row, 4, 64] = exactly([0.9 - 0.02 * place], 400)
    half = FEW_NAMED // 2
    assert named_rows(MANY, grid_of(points)) == [*MANY[:half], *MANY[-half:]]
    with_middle = named_rows(MANY, grid_of(points), [MANY[8]])
    assert len(with_middle) == FEW_NAMED
    assert MANY[8] in with_middle
    assert {MANY[0], MANY[-1]} < set(with_middle)


def test_without_answers_the_first_ones_are_named():
    assert named_rows(MANY, {}, MANY[-1:]) == [*MANY[: FEW_NAMED - 1], MANY[-1]]


@pytest.fixture
def cells(tmp_path):
    rows = [("minilm", "lora"), ("distilbert", "lora"), ("tfidf_sgd", None)]
    found = simulate.grid(tmp_path, rows, num_labels=(2, 4), train_sizes=TRIED)
    simulate.run(found, num_test=60)
    return cells_frame(found)


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def grey(axes) -> list:
    return [line for line in axes.lines if same_color(line.get_color(), style.OTHERS)]


NAMED = ["minilm lora", "tfidf_sgd"]


def test_scaling_curves_of_other_rows_are_grey_lines_of_their_means(cells):
    figure = scaling_curves(cells, "test_accuracy", named=NAMED)
    points = summary_frame(cells).query("row == 'distilbert lora' and num_labels == 2")
    (line,) = grey(figure.axes[0])
    np.testing.assert_allclose(line.get_xdata(), points["train_size"])
    np.testing.assert_allclose(line.get_ydata(), points["test_accuracy_mean"])
    assert texts(figure)[:3] == [*NAMED, "1 other row"]
    assert "Grey are the rows" in " ".join(figure.texts[1].get_text().split())
    assert not grey(scaling_curves(cells, "test_accuracy").axes[0])


def test_other_rows_are_not_carried_on(cells):
    fits = fitted_curves(curves({"minilm lora": STEEP, "distilbert lora": SLOW})).at(2)
    found = {(row, 2): fit for row, fit in fits.items() if isinstance(fit, Curve)}
    assert len(found) == 2
    figure = scaling_curves(cells, "test_accuracy", carried=found, named=NAMED)
    assert sum(line.get_label() == "_carried" for line in figure.axes[0].lines) == 1


def test_label_counts_and_costs_do_the_same(cells):
    figure = label_count_curves(cells, "test_accuracy", named=NAMED)
    assert texts(figure)[:3] == [*NAMED, "1 other row"]
    assert all(len(grey(axes)) == 1 for axes in figure.axes)
    points = cost_points(summary_frame(cells), cells, None)
    rows = list(cells["row"].cat.categories)
    figure = score_and_cost(points, rows, "bbc", NAMED)
    assert texts(figure)[:3] == [*NAMED, "1 other row"]
    colours = [(dots, dots.get_facecolor()) for dots in figure.axes[0].collections]
    dots = [found for found, own in colours if len(own) and same_color(own[0], style.OTHERS)]
    assert [len(found.get_offsets()) for found in dots] == [len(TRIED)]
