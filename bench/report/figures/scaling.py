"""Scaling curves: what more training examples bring, a panel a label count."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from bench.report.content.wording import capitalised, metric_words, only_data_set, sizes_of_test_sets
from bench.report.figures import style
from bench.report.figures.bars import DEVIATION, TEST_SET, bar_handles, bars_phrase, kinds_of, with_bars
from bench.report.figures.display import displayed
from bench.report.figures.layout import Texts, panels
from bench.report.figures.named_rows import named_and_others
from bench.report.figures.scaling_axes import doubled_beyond, limit, size_axis
from bench.report.figures.scaling_marks import (
    DASHED,
    DOTTED,
    Drawing,
    draw_carried,
    draw_chance,
    draw_other,
    draw_published,
    draw_row,
    shade_untried,
    tags_for,
)
from bench.report.inputs.frame import chance_of, of_metric, summary_frame
from bench.report.inputs.published import Published
from bench.report.statistics.curves import Band, Curve
from bench.report.statistics.interval_frames import ACCURACY

ROW_STEP = 0.085
"""Inches between neighbouring rows at the same size, as far as there is room."""
MAX_SPREAD = 0.4
"""The part of the gap between two neighbouring sizes that the rows of one size may take."""
MAX_BEYOND, MAX_WIDE = 4.0, 0.7
"""How far fitted curves are drawn: times the largest size, and as a part of the width of the sizes that were tried.
Tables go as far as the curve may be carried."""


@style.applied
def scaling_curves(
    cells: pd.DataFrame,
    metric: str,
    published: Published | None = None,
    intervals: pd.DataFrame | None = None,
    *,
    carried: Mapping[tuple[str, int], Curve] | None = None,
    named: Collection[str] | None = None,
    baseline: str | None = None,
) -> Figure:
    """Draw `metric` (a column of `cells_frame`) against training size, a panel for each label count.

    Markers are means over seeds with bars (`bars.with_bars`, which takes `intervals`), dots are single seeds. Hollow
    markers have fewer seeds than planned; a line is broken where no seed finished. Rows that use no training examples
    are ticks at the right edge. Hollow diamonds are published numbers of the metric. `carried` are fitted curves by row
    and label count: they are dashed beyond the largest size (`bands_beyond`). Rows that are not `named` (default: all
    are) are grey lines; the `baseline` is black and thick. Each panel has axes of its own. Raises ValueError unless
    `cells` are of exactly one data set.
    """
    cells = of_metric(cells, metric)
    data = style.called(only_data_set(cells))
    summary = with_bars(summary_frame(cells), metric, intervals)
    curves = {place: curve for place, curve in (carried or {}).items() if named is None or place[0] in named}
    drawing = _plan(cells, metric, _shown(published, cells, metric), bands_beyond(curves), named, baseline=baseline)
    told = summary[summary["row"].isin(list(drawing.offsets))]
    handles = _legend_handles(told, drawing)
    labels = [int(count) for count in sorted(cells["num_labels"].unique())]
    title, note = f"{capitalised(metric_words(metric))} on {data}", _small_print(cells, told, drawing)
    if published is not None and not drawing.published.empty:
        note = f"{note} {published.note(only_data_set(cells))}"
    around = Texts(title=title, note=note, x="training examples (log scale)", y=metric_words(metric))
    figure, drawn = panels(len(labels), drawing.panel, handles, around)
    for axes, count in zip(drawn, labels, strict=True):
        here, points = cells[cells["num_labels"] == count], summary[summary["num_labels"] == count]
        limit(axes, here, points, drawing)
        _draw_panel(axes, here, points, drawing)
        draw_carried(axes, count, drawing)
        draw_published(axes, count, drawing)
        axes.set_title(f"{count} labels")
        if metric == ACCURACY:
            draw_chance(axes, chance_of(here, count))
    return figure


def bands_beyond(curves: Mapping[tuple[str, int], Curve]) -> dict[tuple[str, int], Band]:
    """The curves from their largest size on, as far as they may be carried and there is room on a log axis."""
    bands = {}
    for place, curve in curves.items():
        factor = min(curve.most, MAX_BEYOND, (curve.largest / curve.observed.sizes[0]) ** MAX_WIDE)
        bands[place] = curve.band(curve.largest * np.geomspace(1, factor, 40))
    return bands


def _shown(published: Published | None, cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The published numbers that have a place in the figure."""
    if published is None:
        return pd.DataFrame(columns=["row", "name", "num_labels", "train_size", "metric", "value"])
    numbers = published.numbers
    return numbers[(numbers["metric"] == metric) & numbers["num_labels"].isin(set(cells["num_labels"]))]


def _plan(
    cells: pd.DataFrame,
    metric: str,
    published: pd.DataFrame,
    carried: Mapping[tuple[str, int], Band],
    named: Collection[str] | None,
    *,
    baseline: str | None,
) -> Drawing:
    """Styles and offsets of the named rows; panels grow with their number."""
    rows, others = named_and_others(cells["row"].cat.categories, cells, named)
    panel = (float(np.clip(3.4 + 0.08 * len(rows), 3.7, 4.8)), float(np.clip(2.7 + 0.08 * len(rows), 3.1, 4.2)))
    sizes = sorted({int(size) for size in cells["train_size"]} - {0})
    offsets = row_offsets(rows, sizes or [1], panel[0])
    styles = style.row_styles(cells["row"].cat.categories, baseline)
    return Drawing(metric, styles, offsets, panel, published, tags_for(published, rows, styles), carried, others)


def row_offsets(rows: list[str], sizes: list[int], width: float) -> dict[str, float]:
    """A factor near one for each row, in even steps, so that no row stands on another.

    `sizes` ascend; `width` is the panel's, in inches. All rows together never reach halfway to the next size.
    """
    gap = float(np.diff(np.log(sizes)).min()) if len(sizes) > 1 else np.log(1.25)
    step = ROW_STEP * 1.2 * max(float(np.log(sizes[-1] / sizes[0])), gap) / width
    spread = min(step * (len(rows) - 1), gap * MAX_SPREAD)
    places = np.linspace(-0.5, 0.5, len(rows)) if len(rows) > 1 else np.zeros(1)
    return {row: float(np.exp(place * spread)) for row, place in zip(rows, places, strict=True)}


def _small_print(cells: pd.DataFrame, summary: pd.DataFrame, drawing: Drawing) -> str:
    note = [bars_phrase(summary[summary["train_size"] > 0]), f"{capitalised(sizes_of_test_sets(cells))}."]
    if (summary["n_ok"] == 0).any() and summary["n_ok"].any():
        note.append("A line is broken where no seed finished.")
    if cells["row"].nunique() > 1:
        note.append("Rows are drawn slightly apart.")
    if cells["num_labels"].nunique() > 1:
        note.append("Each panel has axes of its own.")
    flat = summary[summary["train_size"] == 0]
    if not flat.empty:
        note.append(f"A tick at the right edge uses no training examples; {_flat_bands(flat)}.")
    note.append(style.others_phrase(drawing.others))
    if drawing.carried:
        note.append(
            f"On grey ground, beyond the largest size, are fitted curves with {style.percent(90)} bands (at most "
            f"{MAX_BEYOND:.0f} times that size; those of the best rows and the baseline where there are many)."
        )
    return " ".join(part for part in note if part)


def _flat_bands(flat: pd.DataFrame) -> str:
    kinds = kinds_of(flat)
    if not kinds:
        return "its uncertainty is not drawn"
    of = {TEST_SET: f"its {style.percent(95)} interval, of the test set alone", DEVIATION: "± SD over seeds' test sets"}
    return f"the line through it is {' or '.join(of.get(kind, f'its {style.percent(95)} interval') for kind in kinds)}"


def _draw_panel(axes: Axes, cells: pd.DataFrame, summary: pd.DataFrame, drawing: Drawing) -> None:
    """One label count: axis, curves and single seeds."""
    numbers = drawing.published[drawing.published["num_labels"] == summary["num_labels"].iloc[0]]
    own = sorted({int(size) for size in summary["train_size"]} - {0})
    theirs = sorted({int(size) for size in numbers["train_size"]} - {0})
    labels = int(summary["num_labels"].iloc[0])
    ends = [float(band.sizes[-1]) for (_, count), band in drawing.carried.items() if count == labels]
    size_axis(axes, own, [*theirs, *doubled_beyond(own, ends)], drawing, max(ends, default=0))
    if ends:
        shade_untried(axes, own[-1] * max(drawing.offsets.values()) * 1.02)
    axes.yaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    axes.grid(axis="y", color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    if not summary["n_ok"].any() and numbers.empty:
        words = axes.text(0.5, 0.6, "no finished cells", ha="center", va="center", transform=axes.transAxes)
        words.set_bbox({"facecolor": "white", "edgecolor": "none"})
    for row in drawing.others:
        draw_other(axes, summary[summary["row"] == row], drawing)
    for row in drawing.offsets:
        draw_row(axes, cells[cells["row"] == row], summary[summary["row"] == row], row, drawing)


def _legend_handles(summary: pd.DataFrame, drawing: Drawing) -> list[Line2D]:
    """One entry a row, then what dots, bars, hollow markers and diamonds mean."""
    handles = []
    for row in drawing.offsets:
        look = drawing.styles[row]
        points = summary[summary["row"] == row]
        name = displayed(row) if points["n_ok"].any() else f"{displayed(row)} (no finished cells)"
        if points["n_ok"].any() and (points["train_size"] == 0).all():
            name = f"{displayed(row)} (no training examples)"
        handles.append(style.row_handle(row, look, name))
    handles += style.others_handle(drawing.others)
    key: dict[str, Any] = {"color": style.MUTED, "linestyle": "none"}
    if (summary["n_ok"] > 1).any():
        handles.append(Line2D([], [], marker=".", alpha=0.5, markersize=7.5, label="a single seed", **key))
    handles += bar_handles(kinds_of(summary[summary["train_size"] > 0]))
    if drawing.carried:
        dashes: dict[str, Any] = {"color": style.MUTED, "linestyle": DASHED, "linewidth": 1.2}
        handles.append(Line2D([], [], label="fitted curve beyond the data", **dashes))
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
