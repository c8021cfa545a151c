"""What is drawn into a panel of the scaling curves: curves, seeds, edge ticks, published points, chance."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bench.report.figures import style
from bench.report.figures.bars import DEVIATION, draw_bars
from bench.report.statistics.curves import Band

DASHED: Any = (0, (4, 2))
DOTTED: Any = (0, (1, 2))
EDGE, TICK = 0.975, 0.04
"""Where, in parts of a panel's width, rows that use no training examples have their marker, and how long their tick at
the right edge is."""
MAX_BANDS = 5
"""Rows of a figure that have bands; more of them are one grey."""
TAG_SIZE = style.SMALL - 1
CARRIED = "_carried"
"""The label of fitted curves, which have no entry of their own in the legend."""
End = tuple[tuple[str, str], float, float]
"""A tag with its colour, and where it belongs: training size and value."""


@dataclass(frozen=True)
class Drawing:
    """What all panels of a figure share."""

    metric: str
    styles: Mapping[str, style.RowStyle]
    offsets: Mapping[str, float]
    """A factor on the training size, a row: error bars stand side by side."""
    panel: tuple[float, float]
    """Width and height of a panel in inches."""
    published: pd.DataFrame
    """Published numbers of the metric (`published.with_rows`)."""
    tags: Mapping[str, str]
    """A letter for each published row that its colour does not tell."""
    carried: Mapping[tuple[str, int], Band] = field(default_factory=dict)
    """Fitted curves beyond the data that are drawn, by row and label count."""
    others: Sequence[str] = ()
    """Rows that are not named, and have no offset."""

    def colour(self, row: Any) -> str:
        """Of published numbers: our row's where there is one."""
        return style.MUTED if pd.isna(row) else self.styles[row].colour


def tags_for(numbers: pd.DataFrame, rows: Sequence[str], styles: Mapping[str, style.RowStyle]) -> dict[str, str]:
    """Letters for the published rows whose colour is not theirs alone: those that are not ours are all grey.

    `rows` are ours in the figure; from the eighth on they share colours.
    """
    uses = Counter(styles[row].colour for row in rows)
    pairs = zip(numbers["name"], numbers["row"], strict=True)
    names = dict.fromkeys(name for name, row in pairs if pd.isna(row) or uses[styles[row].colour] > 1)
    return {name: _letters(place) for place, name in enumerate(names)}


def _letters(place: int) -> str:
    """A to Z, then A1 to Z1, and so on."""
    again, letter = divmod(place, len(ascii_uppercase))
    return ascii_uppercase[letter] + (str(again) if again else "")


def draw_row(axes: Axes, cells: pd.DataFrame, points: pd.DataFrame, row: str, drawing: Drawing) -> None:
    """One row of one label count: its curve, its single seeds, or a tick at the edge where it uses no examples."""
    look, offset = drawing.styles[row], drawing.offsets[row]
    trained = points[points["train_size"] > 0].sort_values("train_size")
    seeds = cells[cells["train_size"] > 0]
    if not trained.empty:
        sizes = seeds["train_size"] * offset
        axes.plot(sizes, seeds[drawing.metric], ".", color=look.colour, alpha=0.35, markersize=7.5, mew=0, zorder=2)
        _draw_curve(axes, trained, row, drawing)
    for point in points[points["train_size"] == 0].itertuples():
        _draw_flat(axes, point, row, drawing)


def draw_other(axes: Axes, points: pd.DataFrame, drawing: Drawing) -> None:
    """A row that is not named: a line of its means."""
    name = f"{drawing.metric}_mean"
    trained = points[points["train_size"] > 0].sort_values("train_size")
    axes.plot(trained["train_size"], trained[name], zorder=1.2, **style.OTHERS_LINE)
    for mean in points.loc[points["train_size"] == 0, name].dropna():
        axes.plot([1 - TICK, 1], [mean] * 2, zorder=1.2, transform=axes.get_yaxis_transform(), **style.OTHERS_LINE)


def _draw_curve(axes: Axes, points: pd.DataFrame, row: str, drawing: Drawing) -> None:
    """Means with their bars, and a pale band between these; the marker is hollow where seeds are missing."""
    look = drawing.styles[row]
    sizes = points["train_size"].to_numpy(float) * drawing.offsets[row]
    means = points[f"{drawing.metric}_mean"].to_numpy(float)
    axes.plot(sizes, means, color=look.colour, linestyle=look.line, linewidth=look.width, zorder=3, label=row)
    draw_bars(axes, sizes, points, drawing.metric, look.colour)
    if len(drawing.offsets) <= MAX_BANDS:
        low, high = (points[end].where(points["bar"] != DEVIATION).to_numpy(float) for end in ("low", "high"))
        axes.fill_between(sizes, low, high, color=look.colour, alpha=0.07, linewidth=0, zorder=1.5)
    whole = (points["n_ok"] == points["n_expected"]).to_numpy(bool)
    for some, fill in ((whole, look.colour), (~whole, "white")):
        _draw_markers(axes, sizes[some], means[some], look, fill)


def _draw_markers(axes: Axes, x: Any, y: Any, look: style.RowStyle, fill: str, **place: Any) -> None:
    marks: dict[str, Any] = {"color": look.colour, "markerfacecolor": fill, "markersize": 5, "markeredgewidth": 1.2}
    axes.plot(x, y, look.marker, zorder=4, **marks, **place)


def _draw_flat(axes: Axes, point: Any, row: str, drawing: Drawing) -> None:
    """A tick at the right edge, with its marker and its interval: a line across the panel would look like a curve."""
    look, mean = drawing.styles[row], getattr(point, f"{drawing.metric}_mean")
    if pd.isna(mean):
        return
    across: dict[str, Any] = {"transform": axes.get_yaxis_transform()}
    axes.plot([1 - TICK, 1], [mean] * 2, color=look.colour, linewidth=2, zorder=2.5, label=row, **across)
    fill = look.colour if point.n_ok == point.n_expected else "white"
    _draw_markers(axes, [EDGE], [mean], look, fill, **across)
    if point.bar:
        axes.plot([EDGE] * 2, [point.low, point.high], color=look.colour, linewidth=1, zorder=2.5, **across)


def draw_carried(axes: Axes, num_labels: int, drawing: Drawing) -> None:
    """Fitted curves beyond the largest size, dashed, with their bands; call when the limits are set."""
    for (row, labels), band in drawing.carried.items():
        if labels != num_labels:
            continue
        look, sizes = drawing.styles[row], band.sizes * drawing.offsets[row]
        axes.plot(sizes, band.estimate, color=look.colour, linestyle=DASHED, linewidth=1.2, zorder=2.8, label=CARRIED)
        axes.fill_between(sizes, band.low, band.high, color=look.colour, alpha=0.1, linewidth=0, zorder=1.4)


def shade_untried(axes: Axes, largest: float) -> None:
    """Grey ground right of the largest training size that was tried."""
    right = axes.get_xlim()[1]
    axes.axvspan(largest, right, color=style.GAP, alpha=0.6, linewidth=0, zorder=0)
    low, high = np.log(axes.get_xlim())
    place = (np.log(largest) + high) / 2
    axes.text(
        (place - low) / (high - low),
        0.99,
        "not tried",
        transform=axes.transAxes,
        ha="center",
        va="top",
        fontsize=TAG_SIZE,
        color=style.MUTED,
    )


def draw_published(axes: Axes, num_labels: int, drawing: Drawing) -> None:
    """Hollow diamonds on a dotted line, in the colour of our row where we have it; call when the limits are set."""
    numbers = drawing.published[drawing.published["num_labels"] == num_labels]
    ends: list[End] = []
    right = max(drawing.offsets.values())  # of all rows' markers at one size
    for name, line in numbers.groupby("name", sort=False):
        points = line.sort_values("train_size")
        row = points["row"].iloc[0]
        colour = drawing.colour(row)
        trained, flat = points[points["train_size"] > 0], points[points["train_size"] == 0]
        offset = 1.0 if pd.isna(row) else drawing.offsets.get(row, 1.0)
        _draw_diamonds(axes, trained["train_size"] * offset, trained["value"], colour)
        for value in flat["value"]:
            _draw_diamonds(axes, [0, EDGE, 1], [value] * 3, colour, markevery=[1], transform=axes.get_yaxis_transform())
        if (tag := drawing.tags.get(str(name))) is not None:
            ends += _ends(axes, (tag, colour), trained.assign(train_size=trained["train_size"] * right), flat)
    _draw_tags(axes, ends, drawing.panel[1])


def _draw_diamonds(axes: Axes, x: Any, y: Any, colour: str, **options: Any) -> None:
    marks: dict[str, Any] = {"marker": "D", "markersize": 5, "markerfacecolor": "white", "markeredgewidth": 1.0}
    axes.plot(x, y, color=colour, linestyle=DOTTED, linewidth=1.0, zorder=3.5, label="_published", **marks, **options)


def _ends(axes: Axes, tag: tuple[str, str], trained: pd.DataFrame, flat: pd.DataFrame) -> list[End]:
    """Where a tag belongs: at the last point, or at the end of a flat line."""
    if not trained.empty:
        return [(tag, float(trained["train_size"].iloc[-1]), float(trained["value"].iloc[-1]))]
    low, high = np.log(axes.get_xlim())
    return [(tag, float(np.exp(low + EDGE * (high - low))), float(value)) for value in flat["value"]]


def _draw_tags(axes: Axes, ends: Sequence[End], height: float) -> None:
    """Write tags right of their points, moved up or down where they would cover each other."""
    low, high = axes.get_ylim()
    gap = (high - low) * TAG_SIZE * 1.15 / 72 / (height - 0.6)
    for size in dict.fromkeys(size for _, size, _ in ends):
        here = [(tag, value) for tag, other, value in ends if other == size]
        for ((tag, colour), _), place in zip(here, spread([value for _, value in here], gap), strict=True):
            axes.annotate(
                tag,
                (size, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=TAG_SIZE,
                color=colour,
                annotation_clip=False,
            )


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Places at least `gap` apart, in the order of `values` and as near to them as that lets them be."""
    groups: list[list[int]] = []
    for index in np.argsort(values, kind="stable"):
        groups.append([int(index)])
        while len(groups) > 1 and _bottom(groups[-1], values, gap) - _top(groups[-2], values, gap) < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    places = [0.0] * len(values)
    for group in groups:
        for step, index in enumerate(group):
            places[index] = _bottom(group, values, gap) + step * gap
    return places


def _bottom(group: Sequence[int], values: Sequence[float], gap: float) -> float:
    return float(np.mean([values[index] for index in group])) - gap * (len(group) - 1) / 2


def _top(group: Sequence[int], values: Sequence[float], gap: float) -> float:
    return _bottom(group, values, gap) + gap * (len(group) - 1)


def draw_chance(axes: Axes, chance: float) -> None:
    """A dashed line where always giving the most frequent label would be; one below the axis is named at the bottom."""
    inside = chance >= axes.get_ylim()[0]
    if inside:
        axes.axhline(chance, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        f"chance {chance:.3g}" if inside else f"chance {chance:.3g} is below ↓",
        (1, chance if inside else 0),
        xycoords=("axes fraction", "data") if inside else "axes fraction",
        xytext=(-2, -2 if inside else 2),
        textcoords="offset points",
        ha="right",
        va="top" if inside else "bottom",
        fontsize=style.SMALL - 1,
        color=style.MUTED,
    )
