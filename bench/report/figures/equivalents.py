"""Data equivalence drawn: a row's own training examples across, those of a simpler row that do the same upwards."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from bench.report.figures import style
from bench.report.figures.layout import Texts, panels
from bench.report.figures.scaling import row_offsets
from bench.report.statistics.equivalence import Equivalence, Equivalents

PANEL = (3.9, 3.5)
"""Inches."""
STRIP = 0.11
"""Height of the strips above the largest and below the smallest size, as a part of the span between these."""
MIN_TICK = 0.2
"""Inches between sizes that are written on an axis."""


@style.applied
def equivalence_curves(found: Sequence[Equivalents], rows: Sequence[str], data: str) -> Figure | None:
    """Draw the equivalents of one simpler row, a panel a label count; None where no point is among the sizes tried.

    `rows` are all rows of the grid, in the order that gives them their colours. Log axes of training examples, bars
    are 95 % intervals; on grey ground is what is beyond the sizes tried. Rows that use no training examples are left
    out: they have no place on the axis.
    """
    comparable = [(each.num_labels, [one for one in each.comparable if one.train_size]) for each in found]
    comparable = [(labels, points) for labels, points in comparable if points]
    if not any(one.smallest < one.estimate <= one.largest for _, points in comparable for one in points):
        return None
    shown = [row for row in rows if any(one.row == row for _, points in comparable for one in points)]
    styles = style.row_styles(rows)
    same: dict[str, Any] = {"color": style.MUTED, "linewidth": 0.8, "linestyle": (0, (4, 3))}
    handles = [style.row_handle(row, styles[row]) for row in shown]
    handles.append(Line2D([], [], label="as many examples", **same))
    figure, drawn = panels(len(comparable), PANEL, handles, _texts(found[0].other, data))
    for axes, (labels, points) in zip(drawn, comparable, strict=True):
        _draw_panel(axes, points, shown, styles)
        axes.set_title(f"{labels} labels")
    return figure


def _texts(other: str, data: str) -> Texts:
    name = style.called(other)
    note = (
        f"Above the dashed line, a row does with fewer examples what {name} needs more for. Bars are "
        f"{style.percent(95)} intervals. On grey ground is what is beyond the sizes of {name} that were tried."
    )
    return Texts(
        title=f"How many examples {name} needs to match, on {data}",
        note=note,
        x="a row's own training examples (log scale)",
        y=f"training examples of {name} (log scale)",
    )


def _draw_panel(
    axes: Axes, points: Sequence[Equivalence], rows: Sequence[str], styles: dict[str, style.RowStyle]
) -> None:
    sizes = sorted({one.train_size for one in points})
    offsets = row_offsets(list(rows), sizes, PANEL[0])
    bottom, top, strip = _frame(axes, points, sizes, list(offsets.values()))
    for row in rows:
        own = sorted((one for one in points if one.row == row), key=lambda one: one.train_size)
        x = np.asarray([one.train_size * offsets[row] for one in own])
        middle, low, high = (
            np.asarray([_inside(end, bottom, top, strip) for end in ends])
            for ends in ([one.estimate for one in own], [one.low for one in own], [one.high for one in own])
        )
        look = styles[row]
        axes.plot(x, middle, marker=look.marker, color=look.colour, linestyle=look.line, markersize=5, linewidth=1.2)
        bars: dict[str, Any] = {"fmt": "none", "ecolor": look.colour, "elinewidth": 0.9, "capsize": 2.5}
        axes.errorbar(x, middle, [middle - low, high - middle], alpha=0.7, **bars)


def _inside(size: float, bottom: float, top: float, strip: float) -> float:
    """The middle of a strip for what is beyond the sizes tried."""
    if size > top:
        return float(top * np.sqrt(strip))
    return float(bottom / np.sqrt(strip)) if size <= bottom else size


def _frame(axes: Axes, points: Sequence[Equivalence], sizes: list[int], offsets: list[float]) -> tuple[int, int, float]:
    """Log axes, the strips and the diagonal; returns the ends of the sizes tried and the height of a strip."""
    bottom, top = points[0].smallest, points[0].largest
    strip = (top / bottom) ** STRIP
    axes.set_xscale("log")
    axes.set_yscale("log")
    room = max(sizes[-1] / sizes[0], 2) ** 0.05 * max(offsets)
    axes.set_xlim(sizes[0] / room, sizes[-1] * room)
    axes.set_ylim(bottom / strip, top * strip)
    for low, high in ((top, top * strip), (bottom / strip, bottom)):
        axes.axhspan(low, high, color=style.GAP, alpha=0.6, linewidth=0, zorder=0)
    ends = np.asarray(axes.get_xlim()).clip(bottom, top)
    axes.plot(ends, ends, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1, label="_as_many")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    across, up = _apart(sizes, PANEL[0] - 0.9), _apart(_doubled(bottom, top), PANEL[1] - 1)
    axes.set_xticks(across, [f"{size:,}" for size in across])
    names = [f"≤ {bottom:,}", *(f"{size:,}" for size in up[1:-1]), f"> {top:,}"]
    axes.set_yticks([bottom / np.sqrt(strip), *up[1:-1], top * np.sqrt(strip)], names)
    if len(axes.get_xticks()) > 5:
        axes.tick_params(axis="x", labelrotation=90)
    axes.grid(axis="y", color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    return bottom, top, strip


def _doubled(bottom: int, top: int) -> list[int]:
    """From the smallest size to the largest, doubled."""
    sizes = [bottom]
    while sizes[-1] * 2 <= top:
        sizes.append(sizes[-1] * 2)
    return sorted({*sizes, top})


def _apart(sizes: Sequence[int], inches: float) -> list[int]:
    """The sizes that are far enough apart to be written; the first and the last are among them."""
    if len(sizes) < 2:
        return list(sizes)
    scale = inches / np.log(sizes[-1] / sizes[0])
    kept = [sizes[-1]]
    for size in reversed(sizes[:-1]):
        if np.log(kept[-1] / size) * scale >= MIN_TICK:
            kept.append(size)
    return sorted({sizes[0], *kept})
