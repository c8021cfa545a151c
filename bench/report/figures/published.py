"""Ours and published, point by point."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.report.content.wording import UNTRAINED, capitalised, metric_words
from bench.report.figures import style
from bench.report.figures.forest import APART, Places, canvas, limits, places_for

MIN_SPAN = 0.1
"""Of a panel's axis: less would show noise as if it were much."""


@style.applied
def ours_and_published(lines: pd.DataFrame, rows: list[str], title: str, note: str) -> Figure:
    """Draw published numbers of one metric with ours, where we have the same point; a panel a label count.

    `lines` are from `published.beside_ours` (or `published.with_own_points`), `rows` all rows of our grid in order
    (they give the colours). Ours is a filled marker with a bar of ± SD over seeds; published, a hollow diamond with a
    pale bar of ± the standard error of its test set and, where known, a thin one of ± SD over trials.
    """
    lines = lines.assign(place=[rows.index(row) if row in rows else len(rows) for row in lines["row"]])
    lines = lines.sort_values(["place", "train_size"], kind="stable")
    places = places_for((str(line.name), size_text(line.train_size)) for line in lines.itertuples())  # type: ignore[arg-type]
    labels = sorted(int(count) for count in lines["num_labels"].unique())
    titles = [f"{count} labels" for count in labels]
    figure, panels = canvas(places, titles, _legend_handles(lines), title=title, note=note, above="training examples")
    styles = style.row_styles(rows)
    for axes, count in zip(panels, labels, strict=True):
        _draw_panel(axes, lines[lines["num_labels"] == count], places, styles)
    return figure


def size_text(size: int) -> str:
    """A training size as it is written beside a line."""
    return f"{size:,}" if size else UNTRAINED


def _draw_panel(axes: Axes, lines: pd.DataFrame, places: Places, styles: dict[str, style.RowStyle]) -> None:
    for line in lines.itertuples():
        place = places.points[str(line.name), size_text(line.train_size)]  # type: ignore[arg-type]
        _draw_line(axes, line, place, styles.get(str(line.row)))
    spread = lines[["standard_error", "std"]].fillna(0).max(axis="columns")
    ours, means = lines["sd"].fillna(0), lines["mean"]
    low = float(np.nanmin([*(lines["value"] - spread), *(means - ours)]))
    high = float(np.nanmax([*(lines["value"] + spread), *(means + ours)]))
    axes.set_xlim(limits(low, high, MIN_SPAN))


def _draw_line(axes: Axes, line: Any, place: int, look: style.RowStyle | None) -> None:
    """One point: ours above, published below."""
    colour = style.MUTED if look is None else look.colour
    apart = APART if pd.notna(line.mean) and pd.notna(line.value) else 0
    marks: dict[str, Any] = {"color": colour, "markersize": 5, "linestyle": "none", "zorder": 4}
    if pd.notna(line.value):
        below = place + apart
        if pd.notna(line.standard_error):
            ends = (line.value - line.standard_error, line.value + line.standard_error)
            axes.plot(ends, [below] * 2, color=colour, alpha=0.3, linewidth=5, solid_capstyle="butt", zorder=2)
        if pd.notna(line.std):
            _draw_bar(axes, line.value, line.std, below, colour)
        axes.plot([line.value], [below], "D", markerfacecolor="white", label="_published", **marks)
    if look is not None and pd.notna(line.mean):
        above = place - apart
        if pd.notna(line.sd):
            _draw_bar(axes, line.mean, line.sd, above, colour)
        fill = colour if line.n_ok == line.n_expected else "white"
        axes.plot([line.mean], [above], look.marker, markerfacecolor=fill, label="_ours", **marks)


def _draw_bar(axes: Axes, middle: float, deviation: float, place: float, colour: str) -> None:
    axes.errorbar([middle], [place], xerr=[deviation], fmt="none", ecolor=colour, elinewidth=1, capsize=2, zorder=3)


def _legend_handles(lines: pd.DataFrame) -> list[Artist]:
    key: dict[str, Any] = {"color": style.MUTED, "linestyle": "none", "markersize": 5}
    handles: list[Artist] = []
    if lines["mean"].notna().any():
        handles.append(Line2D([], [], marker="o", label="ours (mean over seeds)", **key))
    if lines["sd"].notna().any():
        handles.append(Line2D([0, 1], [0, 0], color=style.MUTED, linewidth=1, marker="|", label="ours ± SD over seeds"))
    handles.append(Line2D([], [], marker="D", markerfacecolor="white", label="published", **key))
    if lines["standard_error"].notna().any():
        handles.append(
            Line2D([], [], color=style.MUTED, alpha=0.4, linewidth=5, label="published ± SE of its test set")
        )
    if lines["std"].notna().any():
        handles.append(Line2D([], [], color=style.MUTED, linewidth=1, marker="|", label="published ± SD over trials"))
    if ((lines["n_ok"] > 0) & (lines["n_ok"] < lines["n_expected"])).any():
        handles.append(Line2D([], [], marker="o", markerfacecolor="white", label="hollow: seeds are missing", **key))
    if lines["row"].isna().any():
        handles.append(Line2D([], [], marker="D", markerfacecolor="white", label="grey: a row not run here", **key))
    return handles


def comparison_title(metric: str, data: str) -> str:
    """What the figure is about."""
    return f"{capitalised(metric_words(metric))} on {data}: ours and published"
