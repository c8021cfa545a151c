"""Scaling curves: what more training examples bring, a panel a label count."""

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
from bench.report.published import Published
from bench.report.scaling_marks import DOTTED, Drawing, draw_chance, draw_published, draw_row, tags_for
from bench.report.wording import METRICS, capitalised, only_data_set, seeds_phrase, sizes_of_test_sets

PANELS_A_LINE = 3
LEGEND_LINE, MARGIN = 0.187, 0.12
"""Inches."""
ROW_STEP = 0.085
"""Inches between neighbouring rows at the same size, as far as there is room."""
MOST_SPREAD = 0.4
"""The part of the gap between two neighbouring sizes that the rows of one size may take."""
LEAST_TICK_GAP = 0.13
"""Inches between the sizes on an axis, written upright."""


@style.applied
def scaling_curves(cells: pd.DataFrame, metric: str, published: Published | None = None) -> Figure:
    """Draw `metric` (a column of `cells_frame`) against training size, a panel for each label count.

    Markers are means over seeds with bars of one standard deviation, dots are single seeds. Hollow markers have
    fewer seeds than planned; a line is broken where no seed finished. Rows that use no training examples are flat
    lines. Hollow diamonds are published numbers of the metric. All panels share the metric's axis. Raises
    ValueError unless `cells` are of exactly one data set.
    """
    data = only_data_set(cells)
    summary = summary_frame(cells)
    drawing = _plan(cells, metric, _shown(published, cells, metric))
    handles = _legend_handles(summary, drawing)
    labels = [int(count) for count in sorted(cells["num_labels"].unique())]
    title, note = f"{capitalised(METRICS[metric])} on {data}", _small_print(cells, summary, drawing)
    if published is not None and not drawing.published.empty:
        note = f"{note} {published.note(data)}"
    figure, panels = _canvas(len(labels), drawing, handles, title, note)
    _limit(panels, cells, summary, drawing)
    for axes, count in zip(panels, labels, strict=True):
        _draw_panel(axes, cells[cells["num_labels"] == count], summary[summary["num_labels"] == count], drawing)
        draw_published(axes, count, drawing)
        axes.set_title(f"{count} labels")
        if metric == "test_accuracy":
            draw_chance(axes, 1 / count)
    return figure


def _shown(published: Published | None, cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The published numbers that have a place in the figure."""
    if published is None:
        return pd.DataFrame(columns=["row", "name", "num_labels", "train_size", "metric", "value"])
    numbers = published.numbers
    return numbers[(numbers["metric"] == metric) & numbers["num_labels"].isin(set(cells["num_labels"]))]


def _plan(cells: pd.DataFrame, metric: str, published: pd.DataFrame) -> Drawing:
    """Styles and offsets of the rows; panels grow with their number."""
    rows = [row for row in cells["row"].cat.categories if (cells["row"] == row).any()]
    panel = (float(np.clip(3.4 + 0.08 * len(rows), 3.7, 4.8)), float(np.clip(2.7 + 0.08 * len(rows), 3.1, 4.2)))
    sizes = sorted({int(size) for size in cells["train_size"]} - {0})
    offsets = row_offsets(rows, sizes or [1], panel[0])
    styles = style.row_styles(cells["row"].cat.categories)
    return Drawing(metric, styles, offsets, panel, published, tags_for(published, rows, styles))


def row_offsets(rows: list[str], sizes: list[int], width: float) -> dict[str, float]:
    """A factor near one for each row, in even steps, so that no row stands on another.

    `sizes` ascend; `width` is the panel's, in inches. All rows together never reach halfway to the next size.
    """
    gap = float(np.diff(np.log(sizes)).min()) if len(sizes) > 1 else np.log(1.25)
    step = ROW_STEP * 1.2 * max(float(np.log(sizes[-1] / sizes[0])), gap) / width
    spread = min(step * (len(rows) - 1), gap * MOST_SPREAD)
    places = np.linspace(-0.5, 0.5, len(rows)) if len(rows) > 1 else np.zeros(1)
    return {row: float(np.exp(place * spread)) for row, place in zip(rows, places, strict=True)}


def _small_print(cells: pd.DataFrame, summary: pd.DataFrame, drawing: Drawing) -> str:
    note = [seeds_phrase(summary), f"{capitalised(sizes_of_test_sets(cells))}."]
    if (summary["n_ok"] == 0).any() and summary["n_ok"].any():
        note.append("A line is broken where no seed finished.")
    if cells["row"].nunique() > 1:
        note.append("Rows are drawn slightly apart.")
    flat = summary[summary["train_size"] == 0]
    if not flat.empty:
        note.append("A flat line uses no training examples; its uncertainty is not drawn.")
        if flat[f"{drawing.metric}_sd"].notna().any():
            note[-1] = "A flat line uses no training examples; a band around it is ± SD over seeds' test sets."
    return " ".join(note)


def _canvas(count: int, drawing: Drawing, handles: list[Line2D], title: str, note: str) -> tuple[Figure, list[Axes]]:
    """A figure with `count` panels, at most three a line, texts above them and the legend on their right."""
    lines = ceil(count / PANELS_A_LINE)
    columns = ceil(count / lines)
    legend = style.legend_width(handles) + 0.65
    body = max(drawing.panel[1] * lines + 0.3, LEGEND_LINE * len(handles) + 0.3)
    width = drawing.panel[0] * columns + 0.3 + legend
    head = style.head_of(title, note, width, MARGIN)
    height = body + head.height
    # The layout places panels and axis labels in what the texts above and the legend leave free.
    right, top = 1 - legend / width, 1 - head.height / height
    layout = ConstrainedLayoutEngine(rect=(0, 0, right, top), w_pad=0.06, h_pad=0.06)
    figure = Figure(figsize=(width, height), layout=layout)
    panels = list(figure.subplots(lines, columns, sharey=True, squeeze=False).flat)
    for unused in panels[count:]:
        unused.remove()
    head.write(figure)
    figure.supxlabel("training examples (log scale)", x=right / 2, fontsize=style.NORMAL)
    figure.supylabel(METRICS[drawing.metric], y=top / 2, fontsize=style.NORMAL)
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (right, top), "borderaxespad": 0.4}
    figure.legend(handles=handles, handlelength=3, numpoints=1, **place)
    return figure, panels[:count]


def _draw_panel(axes: Axes, cells: pd.DataFrame, summary: pd.DataFrame, drawing: Drawing) -> None:
    """One label count: axis, curves and single seeds."""
    numbers = drawing.published[drawing.published["num_labels"] == summary["num_labels"].iloc[0]]
    own = sorted({int(size) for size in summary["train_size"]} - {0})
    theirs = sorted({int(size) for size in numbers["train_size"]} - {0})
    _size_axis(axes, own, theirs, drawing)
    axes.yaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    axes.tick_params(labelleft=True)
    axes.grid(axis="y", color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    if not summary["n_ok"].any() and numbers.empty:
        words = axes.text(0.5, 0.6, "no finished cells", ha="center", va="center", transform=axes.transAxes)
        words.set_bbox({"facecolor": "white", "edgecolor": "none"})
    for row in drawing.offsets:
        draw_row(axes, cells[cells["row"] == row], summary[summary["row"] == row], row, drawing)


def _size_axis(axes: Axes, own: list[int], theirs: list[int], drawing: Drawing) -> None:
    """A log axis over all sizes; published sizes are written where our own leave room for them."""
    everything = sorted({*own, *theirs})
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    if not everything:
        axes.set_xlim(0.5, 2)
        axes.set_xticks([])
        return
    margin = max(drawing.offsets.values()) * max(everything[-1] / everything[0], 4) ** 0.07
    axes.set_xlim(everything[0] / margin, everything[-1] * margin * (1.06 if drawing.tags else 1))
    inches = (drawing.panel[0] - 0.7) / float(np.log(np.divide(*axes.get_xlim()[::-1])))
    ticks = list(own)
    for size in theirs:
        if all(abs(np.log(size / tick)) * inches >= LEAST_TICK_GAP for tick in ticks):
            ticks.append(size)
    ticks.sort()
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.set_xticklabels([f"{size:,}" for size in ticks])
    if _crowded(ticks, inches):
        axes.tick_params(axis="x", labelrotation=90)


def _crowded(sizes: list[int], inches: float) -> bool:
    """Whether two neighbouring sizes would run into each other if written side by side; `inches` a factor of e."""
    if len(sizes) < 2:
        return False
    widths = np.array([style.text_width(f"{size:,}", style.SMALL) for size in sizes])
    return bool((np.diff(np.log(sizes)) * inches < (widths[1:] + widths[:-1]) / 2 + 0.06).any())


def _limit(panels: list[Axes], cells: pd.DataFrame, summary: pd.DataFrame, drawing: Drawing) -> None:
    """The shared axis holds every dot, bar, diamond and chance line, with room for a label under the lowest."""
    metric, published = drawing.metric, drawing.published["value"].astype(float)
    means, deviations = summary[f"{metric}_mean"], summary[f"{metric}_sd"].fillna(0)
    if means.isna().all() and published.empty:
        panels[0].set_ylim(0, 1.02)
        return
    lows = [(means - deviations).min(), cells[metric].min(), published.min()]
    if metric == "test_accuracy":
        lows.append(1 / summary["num_labels"].max())
    highs = [(means + deviations).max(), cells[metric].max(), published.max()]
    low, high = max(float(np.nanmin(lows)), 0.0), min(float(np.nanmax(highs)), 1.0)
    if (widen := 0.2 - (high - low)) > 0:  # a smaller range would show noise as if it were much
        low, high = max(low - widen / 2, 0.0), min(high + widen / 2, 1.0)
    room = 0.08 * (high - low)
    panels[0].set_ylim(low - room, high + room / 2)


def _legend_handles(summary: pd.DataFrame, drawing: Drawing) -> list[Line2D]:
    """One entry a row, then what dots, bars, hollow markers and diamonds mean."""
    handles = []
    for row in drawing.offsets:
        look = drawing.styles[row]
        points = summary[summary["row"] == row]
        name = row if points["n_ok"].any() else f"{row} (no finished cells)"
        if points["n_ok"].any() and (points["train_size"] == 0).all():
            name = f"{row} (no training examples)"
        handles.append(style.row_handle(row, look, name))
    key: dict[str, Any] = {"color": style.MUTED, "linestyle": "none"}
    if (summary["n_ok"] > 1).any():
        handles.append(Line2D([], [], marker=".", alpha=0.5, markersize=7.5, label="a single seed", **key))
        handles.append(Line2D([], [], marker="|", markersize=9, label="mean ± SD over seeds", **key))
    if ((summary["n_ok"] > 0) & (summary["n_ok"] < summary["n_expected"])).any():
        handles.append(Line2D([], [], marker="o", markerfacecolor="white", label="hollow: seeds are missing", **key))
    return handles + _published_handles(drawing)


def _published_handles(drawing: Drawing) -> list[Line2D]:
    key: dict[str, Any] = {"color": style.MUTED, "linestyle": DOTTED, "marker": "D", "markersize": 5}
    key |= {"markerfacecolor": "white", "linewidth": 1.0}
    handles = []
    rows = dict(zip(drawing.published["name"], drawing.published["row"], strict=True))
    if set(rows) - set(drawing.tags):
        handles.append(Line2D([], [], label="published (in its row's colour)", **key))
    for name, tag in drawing.tags.items():
        handles.append(
            Line2D([], [], label=f"{tag}: {name} (published)", **(key | {"color": drawing.colour(rows[name])}))
        )
    return handles
