"""The critical-difference diagram: rows by average rank, bars over those that can't be told apart (Demšar, 2006)."""

from collections.abc import Sequence
from math import ceil, floor

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.figures import style
from bench.report.statistics.ranks import Ranks

LINE, LEVEL, AXIS, MARGIN = 0.24, 0.13, 5.2, 0.15
"""Inches: between names, between bars, the axis' width, around the figure."""
ABOVE, BELOW = 0.75, 0.2
"""Inches above the axis, for its numbers and the critical difference, and between the bars and the first name."""

ROOM = 0.06
"""Ranks, at the ends of the axis."""


@style.applied
def critical_difference_diagram(ranks: Ranks, rows: Sequence[str], title: str, note: str) -> Figure:
    """Draw average ranks on one axis, the best on the left; `rows` are all rows, in the order of their colours.

    Thick bars join rows that Nemenyi's test can't tell apart. Raises ValueError where there was no test.
    """
    if ranks.critical_difference is None:
        raise ValueError(f"there is no critical difference to draw: {ranks.reason}")
    names = list(ranks.average)
    side = max(style.text_width(_label(name, ranks), style.NORMAL) for name in names) + 0.25
    width = 2 * (MARGIN + side) + AXIS
    head = style.head_of(title, note, width, MARGIN)
    below = 0.15 + LEVEL * len(ranks.groups) + BELOW + LINE * ceil(len(names) / 2)
    height = head.height + ABOVE + below
    figure = Figure(figsize=(width, height))
    head.write(figure)
    place = ((MARGIN + side) / width, 0, AXIS / width, (ABOVE + below) / height)
    axes = figure.add_axes(place)
    axes.axis("off")
    axes.set_ylim(below, -ABOVE)
    first, last = floor(min(ranks.average.values())), ceil(max(ranks.average.values()))
    last = max(last, first + ceil(ranks.critical_difference))
    axes.set_xlim(first - ROOM, last + ROOM)
    _draw_axis(axes, first, last, ranks.critical_difference)
    for level, group in enumerate(ranks.groups):
        y, ends = 0.15 + LEVEL * level, [ranks.average[name] for name in (group[0], group[-1])]
        axes.plot([ends[0] - 0.03, ends[1] + 0.03], [y, y], color=style.INK, linewidth=3.5, label="_group")
    _draw_names(axes, ranks, style.row_styles(rows), 0.15 + LEVEL * len(ranks.groups) + BELOW)
    return figure


def _label(name: str, ranks: Ranks) -> str:
    return f"{name}  {ranks.average[name]:.2f}"


def _draw_axis(axes: Axes, first: int, last: int, difference: float) -> None:
    """The axis with its ranks, and the critical difference as a ruler above it. y is in inches, downwards."""
    axes.plot([first, last], [0, 0], color=style.MUTED, linewidth=1)
    for rank in range(first, last + 1):
        axes.plot([rank, rank], [0, -0.07], color=style.MUTED, linewidth=1)
        axes.text(rank, -0.1, str(rank), ha="center", va="bottom", fontsize=style.SMALL, color=style.MUTED)
    axes.text(last, -0.34, "average rank (1 is best)", ha="right", va="bottom", fontsize=style.SMALL, color=style.MUTED)
    y = -0.5
    axes.plot([first, first + difference], [y, y], color=style.INK, linewidth=1)
    for end in (first, first + difference):
        axes.plot([end, end], [y - 0.05, y + 0.05], color=style.INK, linewidth=1)
    axes.text(first, y - 0.08, f"critical difference {difference:.2f}", va="bottom", fontsize=style.SMALL)


def _draw_names(axes: Axes, ranks: Ranks, styles: dict[str, style.RowStyle], top: float) -> None:
    """The better half on the left, best on top; the others on the right, worst on top: so lines don't cross."""
    names = list(ranks.average)
    half = ceil(len(names) / 2)
    low, high = axes.get_xlim()
    for side, some in (("left", names[:half]), ("right", names[half:][::-1])):
        for place, name in enumerate(some):
            look, rank, y = styles[name], ranks.average[name], top + LINE * (place + 0.5)
            edge = low if side == "left" else high
            axes.plot([rank, rank, edge], [0, y, y], color=look.colour, linewidth=0.9, zorder=1)
            axes.plot([rank], [0], look.marker, color=look.colour, markersize=6, zorder=3, label=name, clip_on=False)
            text = _label(name, ranks) if side == "left" else f"{ranks.average[name]:.2f}  {name}"
            axes.annotate(
                text,
                (edge, y),
                xytext=(-5 if side == "left" else 5, 0),
                textcoords="offset points",
                ha="right" if side == "left" else "left",
                va="center",
                annotation_clip=False,
            )
