"""Panels, texts and the legend of a figure have room beside each other."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D

from bench.report.figures import style
from bench.report.figures.layout import PANELS_A_LINE, Texts, panel_grid, panels

AROUND = Texts(title="A title of the figure", note="Small print.", x="along the lower edge", y="along the left")


@style.applied
def drawn(count, names, size=(3.8, 3.1)):
    handles = [Line2D([], [], label=name) for name in names]
    figure, axes = panels(count, size, handles, AROUND)
    for each in axes:
        each.set_title("a panel")
    FigureCanvasAgg(figure).draw()
    return figure, axes


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("names", [["a"], [f"a row with a long name {number}" for number in range(40)], []])
def test_nothing_lies_on_anything_else(count, names):
    figure, axes = drawn(count, names)
    assert len(axes) == len(figure.axes) == count
    renderer = figure.canvas.get_renderer()
    boxes = [each.get_tightbbox(renderer) for each in axes]
    others = [text.get_window_extent(renderer) for text in figure.texts]
    others += [legend.get_window_extent(renderer) for legend in figure.legends]
    assert len(figure.legends) == bool(names)
    assert not [1 for box in boxes for other in others if box.overlaps(other)]
    width, height = figure.bbox.size
    for box in [*boxes, *others]:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width + 1
        assert box.y1 <= height + 1


def test_a_line_has_no_more_panels_than_fit_a_page():
    _, axes = drawn(7, ["a"])
    lines = {round(each.get_position().y0, 3) for each in axes}
    assert len(lines) == 3
    assert max(sum(round(each.get_position().y0, 3) == line for each in axes) for line in lines) == PANELS_A_LINE


def test_a_grid_is_as_its_shape_says():
    _, grid = panel_grid((2, 4), (2.0, 2.0), [], AROUND)
    assert [len(line) for line in grid] == [4, 4]
