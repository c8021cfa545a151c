"""Scaling curves: what more training examples bring, a panel a label count."""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from bench.report import style
from bench.report.frame import summary_frame
from bench.report.wording import METRICS, capitalised, only_data_set, seeds_phrase, sizes_of_test_sets

PANELS_A_LINE = 3
LEGEND_LINE, MARGIN = 0.187, 0.12
"""Inches."""
ROW_STEP = 0.085
"""Inches between neighbouring rows at the same size, as far as there is room."""
MOST_SPREAD = 0.4
"""The part of the gap between two neighbouring sizes that the rows of one size may take."""


@dataclass(frozen=True)
class Drawing:
    """What all panels of a figure share."""

    metric: str
    styles: dict[str, style.RowStyle]
    offsets: dict[str, float]
    """A factor on the training size, a row: error bars stand side by side."""
    panel: tuple[float, float]
    """Width and height of a panel in inches."""


@style.applied
def scaling_curves(cells: pd.DataFrame, metric: str) -> Figure:
    """Draw `metric` (a column of `cells_frame`) against training size, a panel for each label count.

    Markers are means over seeds with bars of one standard deviation, dots are single seeds. Hollow markers have
    fewer seeds than planned; a line is broken where no seed finished. All panels share the metric's axis.
    Raises ValueError unless `cells` are of exactly one data set.
    """
    data = only_data_set(cells)
    summary = summary_frame(cells)
    drawing = _plan(cells, metric)
    handles = _legend_handles(summary, drawing)
    labels = [int(count) for count in sorted(cells["num_labels"].unique())]
    title, note = f"{capitalised(METRICS[metric])} on {data}", _small_print(cells, summary)
    figure, panels = _canvas(len(labels), drawing, handles, title, note)
    for axes, count in zip(panels, labels, strict=True):
        _draw_panel(axes, cells[cells["num_labels"] == count], summary[summary["num_labels"] == count], drawing)
        axes.set_title(f"{count} labels")
        if metric == "test_accuracy":
            _draw_chance(axes, 1 / count)
    _limit(panels, cells, summary, metric)
    return figure


def _plan(cells: pd.DataFrame, metric: str) -> Drawing:
    """Styles and offsets of the rows; panels grow with their number."""
    rows = [row for row in cells["row"].cat.categories if (cells["row"] == row).any()]
    panel = (float(np.clip(3.4 + 0.08 * len(rows), 3.7, 4.8)), float(np.clip(2.7 + 0.08 * len(rows), 3.1, 4.2)))
    offsets = row_offsets(rows, sorted(cells["train_size"].unique()), panel[0])
    return Drawing(metric, style.row_styles(cells["row"].cat.categories), offsets, panel)


def row_offsets(rows: list[str], sizes: list[int], width: float) -> dict[str, float]:
    """A factor near one for each row, in even steps, so that no row stands on another.

    `sizes` ascend; `width` is the panel's, in inches. All rows together never reach halfway to the next size.
    """
    gap = float(np.diff(np.log(sizes)).min()) if len(sizes) > 1 else np.log(1.25)
    step = ROW_STEP * 1.2 * max(float(np.log(sizes[-1] / sizes[0])), gap) / width
    spread = min(step * (len(rows) - 1), gap * MOST_SPREAD)
    places = np.linspace(-0.5, 0.5, len(rows)) if len(rows) > 1 else np.zeros(1)
    return {row: float(np.exp(place * spread)) for row, place in zip(rows, places, strict=True)}


def _small_print(cells: pd.DataFrame, summary: pd.DataFrame) -> str:
    note = [seeds_phrase(summary), f"{capitalised(sizes_of_test_sets(cells))}."]
    if (summary["n_ok"] == 0).any() and summary["n_ok"].any():
        note.append("A line is broken where no seed finished.")
    if cells["row"].nunique() > 1:
        note.append("Rows are drawn slightly apart.")
    return " ".join(note)


def _canvas(count: int, drawing: Drawing, handles: list[Line2D], title: str, note: str) -> tuple[Figure, list[Axes]]:
    """A figure with `count` panels, at most three a line, texts above them and the legend on their right."""
    lines = ceil(count / PANELS_A_LINE)
    columns = ceil(count / lines)
    names = [str(handle.get_label()) for handle in handles]
    legend = max(style.text_width(name, style.SMALL) for name in names) + 0.65
    body = max(drawing.panel[1] * lines + 0.3, LEGEND_LINE * len(handles) + 0.3)
    width = drawing.panel[0] * columns + 0.3 + legend
    title = style.wrapped(title, width - 2 * MARGIN, style.LARGE, "bold")
    note = style.wrapped(note, width - 2 * MARGIN, style.SMALL)
    head = style.block_height(title, style.LARGE) + style.block_height(note, style.SMALL) + 2 * MARGIN
    height = body + head
    # The layout places panels and axis labels in what the texts above and the legend leave free.
    right, top = 1 - legend / width, 1 - head / height
    layout = ConstrainedLayoutEngine(rect=(0, 0, right, top), w_pad=0.06, h_pad=0.06)
    figure = Figure(figsize=(width, height), layout=layout)
    panels = list(figure.subplots(lines, columns, sharey=True, squeeze=False).flat)
    for unused in panels[count:]:
        unused.remove()
    style.write_head(figure, title, note, MARGIN)
    figure.supxlabel("training examples (log scale)", x=right / 2, fontsize=style.NORMAL)
    figure.supylabel(METRICS[drawing.metric], y=top / 2, fontsize=style.NORMAL)
    figure.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(right, top),
        borderaxespad=0.4,
        handlelength=3,
        numpoints=1,
    )
    return figure, panels[:count]


def _draw_panel(axes: Axes, cells: pd.DataFrame, summary: pd.DataFrame, drawing: Drawing) -> None:
    """One label count: axis, curves and single seeds."""
    sizes = sorted(int(size) for size in summary["train_size"].unique())
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{size:,}" for size in sizes])
    margin = max(drawing.offsets.values()) * max(sizes[-1] / sizes[0], 4) ** 0.07
    axes.set_xlim(sizes[0] / margin, sizes[-1] * margin)
    axes.yaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    axes.tick_params(labelleft=True)
    if _crowded(sizes, drawing.panel[0]):
        axes.tick_params(axis="x", labelrotation=90)
    axes.grid(axis="y", color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    if not summary["n_ok"].any():
        words = axes.text(0.5, 0.6, "no finished cells", ha="center", va="center", transform=axes.transAxes)
        words.set_bbox({"facecolor": "white", "edgecolor": "none"})
    for row, offset in drawing.offsets.items():
        points = summary[summary["row"] == row].sort_values("train_size")
        seeds = cells[cells["row"] == row]
        _draw_seeds(axes, seeds["train_size"] * offset, seeds[drawing.metric], drawing.styles[row])
        _draw_curve(axes, points, row, drawing)


def _crowded(sizes: list[int], width: float) -> bool:
    """Whether two neighbouring sizes would run into each other if written side by side."""
    if len(sizes) < 2:
        return False
    inches = np.log(sizes) * (width - 0.7) / np.log(sizes[-1] / sizes[0]) / 1.2
    widths = np.array([style.text_width(f"{size:,}", style.SMALL) for size in sizes])
    return bool((np.diff(inches) < (widths[1:] + widths[:-1]) / 2 + 0.06).any())


def _draw_seeds(axes: Axes, sizes: pd.Series, values: pd.Series, look: style.RowStyle) -> None:
    axes.plot(sizes, values, ".", color=look.colour, alpha=0.35, markersize=7.5, markeredgewidth=0, zorder=2)


def _draw_curve(axes: Axes, points: pd.DataFrame, row: str, drawing: Drawing) -> None:
    """Means with their deviations; the marker is hollow where seeds are missing."""
    look = drawing.styles[row]
    sizes = points["train_size"].to_numpy(float) * drawing.offsets[row]
    means = points[f"{drawing.metric}_mean"].to_numpy(float)
    deviations = points[f"{drawing.metric}_sd"].to_numpy(float)
    axes.plot(sizes, means, color=look.colour, linestyle=look.line, linewidth=1.4, zorder=3, label=row)
    known = ~np.isnan(deviations)
    if known.any():
        axes.errorbar(
            sizes[known],
            means[known],
            deviations[known],
            fmt="none",
            ecolor=look.colour,
            elinewidth=0.9,
            capsize=2.5,
            zorder=3,
        )
    whole = (points["n_ok"] == points["n_expected"]).to_numpy(bool)
    for some, fill in ((whole, look.colour), (~whole, "white")):
        axes.plot(
            sizes[some],
            means[some],
            look.marker,
            color=look.colour,
            markerfacecolor=fill,
            markersize=5,
            markeredgewidth=1.2,
            zorder=4,
        )


def _draw_chance(axes: Axes, chance: float) -> None:
    axes.axhline(chance, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        f"chance {chance:.3g}",
        (1, chance),
        xycoords=("axes fraction", "data"),
        xytext=(-2, -2),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=style.SMALL - 1,
        color=style.MUTED,
    )


def _limit(panels: list[Axes], cells: pd.DataFrame, summary: pd.DataFrame, metric: str) -> None:
    """The shared axis holds every dot, bar and chance line, with room for a label under the lowest."""
    means, deviations = summary[f"{metric}_mean"], summary[f"{metric}_sd"].fillna(0)
    if means.isna().all():
        panels[0].set_ylim(0, 1.02)
        return
    lows = [(means - deviations).min(), cells[metric].min()]
    if metric == "test_accuracy":
        lows.append(1 / summary["num_labels"].max())
    highs = [(means + deviations).max(), cells[metric].max()]
    low, high = max(float(min(lows)), 0.0), min(float(max(highs)), 1.0)
    if (widen := 0.2 - (high - low)) > 0:  # a smaller range would show noise as if it were much
        low, high = max(low - widen / 2, 0.0), min(high + widen / 2, 1.0)
    room = 0.08 * (high - low)
    panels[0].set_ylim(low - room, high + room / 2)


def _legend_handles(summary: pd.DataFrame, drawing: Drawing) -> list[Line2D]:
    """One entry a row, then what dots, bars and hollow markers mean."""
    handles = []
    for row in drawing.offsets:
        look = drawing.styles[row]
        done = summary.loc[summary["row"] == row, "n_ok"].any()
        name = row if done else f"{row} (no finished cells)"
        handles.append(
            Line2D([], [], color=look.colour, marker=look.marker, linestyle=look.line, markersize=5, label=name)
        )
    key: dict[str, Any] = {"color": style.MUTED, "linestyle": "none"}
    if (summary["n_ok"] > 1).any():
        handles.append(Line2D([], [], marker=".", alpha=0.5, markersize=7.5, label="a single seed", **key))
        handles.append(Line2D([], [], marker="|", markersize=9, label="mean ± SD over seeds", **key))
    if ((summary["n_ok"] > 0) & (summary["n_ok"] < summary["n_expected"])).any():
        handles.append(Line2D([], [], marker="o", markerfacecolor="white", label="hollow: seeds are missing", **key))
    return handles
