"""How figures of several panels are laid out: texts above, panels in lines and columns, the legend on their right."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from bench.report.figures import style

PANELS_A_LINE = 3
MARGIN, MIN_WIDTH, AROUND = 0.12, 6.0, 0.3
"""Inches: beside the texts, of a whole figure, and around all panels for what is written along them."""
LEGEND_LINE, LEGEND_MARKS = 0.187, 0.7
"""Inches: the height of an entry of a legend, and the width of its marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What stands around the panels."""

    title: str
    note: str
    """Small print under the title."""
    x: str = ""
    """Along the lower edge of all panels; "" where each panel has its own."""
    y: str = ""
    """Along their left edge."""


def panels(
    count: int, size: tuple[float, float], handles: Sequence[Line2D], texts: Texts, *, sharey: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure with `count` panels, at most `PANELS_A_LINE` in a line; `size` is a panel's, as in `panel_grid`."""
    lines = ceil(count / PANELS_A_LINE)
    figure, grid = panel_grid((lines, ceil(count / lines)), size, handles, texts, sharey=sharey)
    axes = [each for line in grid for each in line]
    for unused in axes[count:]:
        unused.remove()
    return figure, axes[:count]


def panel_grid(
    shape: tuple[int, int], size: tuple[float, float], handles: Sequence[Line2D], texts: Texts, *, sharey: bool = False
) -> tuple[Figure, list[list[Axes]]]:
    """A figure with as many lines and columns of panels as `shape` says.

    `size` is a panel's width and height in inches, with its labels. Without `handles` there is no legend. The figure is
    as high as its panels or its legend, whichever is higher; the layout places panels and axis labels in what the texts
    above and the legend leave free.
    """
    lines, columns = shape
    body = columns * size[0] + AROUND
    legend = style.legend_width(handles) + LEGEND_MARKS if handles else 0.0
    width = max(body + legend, MIN_WIDTH)
    head = style.head_of(texts.title, texts.note, width, MARGIN)
    height = head.height + max(lines * size[1], LEGEND_LINE * len(handles)) + AROUND
    right, top = body / width if handles else 1.0, 1 - head.height / height
    layout = ConstrainedLayoutEngine(rect=(0, 0, right, top), w_pad=0.06, h_pad=0.1)
    figure = Figure(figsize=(width, height), layout=layout)
    grid: list[list[Axes]] = figure.subplots(lines, columns, sharey=sharey, squeeze=False).tolist()
    head.write(figure)
    if texts.x:
        figure.supxlabel(texts.x, x=right / 2, fontsize=style.NORMAL)
    if texts.y:
        figure.supylabel(texts.y, y=top / 2, fontsize=style.NORMAL)
    if handles:
        _write_legend(figure, handles, (right, top))
    return figure, grid


def _write_legend(figure: Figure, handles: Sequence[Line2D], corner: tuple[float, float]) -> None:
    """The legend, its upper left corner there."""
    look: dict[str, Any] = {"borderaxespad": 0.4, "handlelength": 3, "numpoints": 1}
    figure.legend(handles=list(handles), loc="upper left", bbox_to_anchor=corner, **look)
