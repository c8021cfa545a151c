"""The common ground of figures that have a line a point: row names as headings, their points under them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.report.figures import style

LINE, PANEL_WIDTH, GAP, MARGIN, HEADER, FOOTER = 0.27, 2.5, 0.3, 0.15, 0.3, 0.5
"""Inches."""
PANELS_A_LINE = 4
BAND = "#f4f4f4"
APART = 0.2
"""How far two marks of one line are above and below its middle, in lines."""


@dataclass(frozen=True)
class Places:
    """Where headings and points are, in lines from the top: the same in all panels."""

    headers: dict[str, int]
    points: dict[tuple[str, str], int]
    """By heading and own name."""

    @property
    def count(self) -> int:
        """Lines in all."""
        return len(self.headers) + len(self.points)


def places_for(points: Iterable[tuple[str, str]]) -> Places:
    """Places for points, given as heading and own name in the order in which they are to stand."""
    grouped: dict[str, list[str]] = {}
    for heading, name in dict.fromkeys(points):
        grouped.setdefault(heading, []).append(name)
    headers: dict[str, int] = {}
    places: dict[tuple[str, str], int] = {}
    for heading, names in grouped.items():
        headers[heading] = len(headers) + len(places)
        for name in names:
            places[heading, name] = len(headers) + len(places)
    return Places(headers, places)


def canvas(
    places: Places, panels: Sequence[str], handles: Sequence[Artist], *, title: str, note: str, above: str = ""
) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each title of `panels`, names beside the first of each line, and a legend.

    `above` is written over the points' names. The panels' axes have a line a unit, the first at 0 on top.
    """
    columns = min(len(panels), PANELS_A_LINE)
    floors = ceil(len(panels) / columns)
    left = MARGIN + 0.15 + max(style.text_width(style.called(name), style.NORMAL, "bold") for name in places.headers)
    left = max(
        left, MARGIN + 0.15 + max(style.text_width(style.called(name), style.SMALL) for _, name in places.points)
    )
    legend = style.legend_width(handles) + 0.75
    body, floor = LINE * places.count, LINE * places.count + HEADER + FOOTER
    width = left + columns * (PANEL_WIDTH + GAP) + legend
    head = style.head_of(title, note, width, MARGIN)
    height = head.height + max(floors * floor, 0.2 * len(handles) + HEADER)
    figure = Figure(figsize=(width, height))
    head.write(figure)
    drawn = []
    for number, name in enumerate(panels):
        down, across = divmod(number, columns)
        x, top = left + across * (PANEL_WIDTH + GAP), head.height + down * floor + HEADER
        axes = figure.add_axes((x / width, 1 - (top + body) / height, PANEL_WIDTH / width, body / height))
        _prepare(axes, places, name)
        if across == 0:
            _write_names(axes, places, above)
        drawn.append(axes)
    corner = ((left + columns * (PANEL_WIDTH + GAP)) / width, 1 - (head.height + HEADER) / height)
    figure.legend(
        handles=list(handles), loc="upper left", bbox_to_anchor=corner, borderaxespad=0, handlelength=2.2, numpoints=1
    )
    return figure, drawn


def _prepare(axes: Axes, places: Places, title: str) -> None:
    """Title, grid, and pale bands that lead the eye along a line."""
    axes.set_title(title)
    axes.set_ylim(places.count - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    for (heading, _), place in places.points.items():
        if (place - places.headers[heading]) % 2:
            axes.axhspan(place - 0.5, place + 0.5, color=BAND, linewidth=0, zorder=0)


def _write_names(axes: Axes, places: Places, above: str) -> None:
    """Headings, and the points' own names under them."""
    beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center"}
    for name, place in places.headers.items():
        axes.text(-0.03, place, style.called(name), fontsize=style.NORMAL, fontweight="bold", **beside)
    beside |= {"fontsize": style.SMALL, "color": style.MUTED}
    axes.text(-0.03, -0.5 - 0.1 / LINE, above, **beside)
    for (_, name), place in places.points.items():
        axes.text(-0.03, place, style.called(name), **beside)


def limits(low: float, high: float, least: float) -> tuple[float, float]:
    """An axis from `low` to `high` with some room, and not narrower than `least`."""
    widen = max(least - (high - low), 0) / 2
    room = 0.06 * (high - low + 2 * widen)
    return low - widen - room, high + widen + room
