"""What a score costs: the figure is of training time, the table of memory, speed of inference and money, too."""

import math
from collections.abc import Collection, Iterable
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from bench.metrics.table import ACCURACY
from bench.report.content.parts import Entry, Titled, point_id, size_entry
from bench.report.content.table import table
from bench.report.content.wording import capitalised, number_text, spread
from bench.report.figures import style
from bench.report.figures.layout import Texts, panel_grid
from bench.report.figures.named_rows import named_and_others
from bench.report.statistics.costs import pareto
from bench.results.record import Status
from bench.wording import duration

MAX_LABEL_COUNTS = 4
PANEL = (4.4, 3.3)
"""Inches."""
TIME = "train_seconds"
FRONT = "Pareto front"
STEP: Any = {"color": style.MUTED, "linestyle": (0, (3, 2)), "linewidth": 1.2}


def shown_label_counts(points: pd.DataFrame) -> list[int]:
    """The label counts that have panels: all of few, else the smallest, the biggest and some between."""
    return spread(sorted(int(count) for count in points["num_labels"].unique()), MAX_LABEL_COUNTS)


@style.applied
def score_and_cost(
    points: pd.DataFrame,
    rows: list[str],
    data: str,
    named: Collection[str] | None = None,
    baseline: str | None = None,
    *,
    metric: str = ACCURACY,
) -> Figure:
    """Draw a `metric`, as it is called, against training time (log axes), a panel a label count; the page's own chart
    has the other costs.

    `points` are of `costs.cost_points` by that metric, `rows` all of the grid in order. A line joins a row's training
    sizes, bigger marks for bigger ones; a step line is the Pareto front. Rows that are not `named` (default: all are)
    are grey dots, the `baseline` is black. Rows without any training time have no place.
    """
    labels = shown_label_counts(points)
    styles = style.row_styles(rows, baseline)
    met, others = named_and_others(rows, points[points[TIME] > 0], named)
    note = (
        "Means over seeds. A line joins a row's training sizes, bigger marks for bigger ones. The step line: the best "
    )
    note += f"{metric} to be had for each time. Times are of the machines that the records name."
    around = Texts(
        title=f"{capitalised(metric)} and the time of a training, on {data}",
        note=f"{note} {style.others_phrase(others)}".strip(),
        x="training time (seconds, log scale)",
        y=f"test {metric}",
    )
    lines = ceil(len(labels) / 2)
    figure, grid = panel_grid((lines, ceil(len(labels) / lines)), PANEL, _handles(met, others, styles), around)
    drawn = [axes for line in grid for axes in line]
    for unused in drawn[len(labels) :]:
        unused.remove()
    for axes, count in zip(drawn, labels, strict=False):
        _draw_panel(axes, points[points["num_labels"] == count], {row: styles[row] for row in met})
        axes.set_title(f"{count} labels")
    return figure


def _draw_panel(axes: Axes, points: pd.DataFrame, styles: dict[str, style.RowStyle]) -> None:
    known = points[points[TIME] > 0].sort_values("train_size")
    largest = max(int(points["train_size"].max()), 2)
    is_other = ~known["row"].isin(list(styles))
    axes.scatter(known.loc[is_other, TIME], known.loc[is_other, "score"], 9, color=style.OTHERS, zorder=1)
    for row, own in known[~is_other].groupby("row", observed=True, sort=True):
        look = styles[str(row)]
        axes.plot(own[TIME], own["score"], color=look.colour, linestyle=look.line, linewidth=0.7 * look.width)
        areas = [16 + 34 * np.log1p(size) / np.log1p(largest) for size in own["train_size"]]
        axes.scatter(own[TIME], own["score"], areas, color=look.colour, marker=look.marker, zorder=3)
    axes.set_xscale("log")
    if len(known):
        _draw_front(axes, known)
        ticks = log_ticks(*axes.get_xlim())
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.set_xticklabels([f"{tick:,g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def _draw_front(axes: Axes, known: pd.DataFrame) -> None:
    """From the quickest point on: along until the next one of the front, then up to it, and to the right edge."""
    front = known[_front(known)].sort_values(TIME)
    right = axes.get_xlim()[1]
    times, scores = [*front[TIME], right], [*front["score"], front["score"].iloc[-1]]
    axes.step(times, scores, where="post", label=FRONT, zorder=2, **STEP)
    axes.set_xlim(right=right)


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two positive ones: 1, 2, 5 and their tens, or fewer where there are many tens."""
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        ticks = [step * 10.0**ten for ten in tens for step in steps if low <= step * 10.0**ten <= high]
        if len(ticks) <= 6:
            return ticks or [float(f"{math.sqrt(low * high):.2g}")]
    return ticks[:: math.ceil(len(ticks) / 6)]


def _front(points: pd.DataFrame) -> list[bool]:
    return pareto(zip(points[TIME].astype(float), points["score"].astype(float), strict=True))


def _handles(rows: list[str], others: list[str], styles: dict[str, style.RowStyle]) -> list[Line2D]:
    made = [style.row_handle(row, styles[row]) for row in rows] + style.others_handle(others, dots=True)
    return [*made, Line2D([], [], label=FRONT, **STEP)]


def cost_table(points: pd.DataFrame, currency: str | None = None, metric: str = ACCURACY) -> Titled:
    """What each point of the grid costs a seed (money in `currency`), and whether it is on the front of a `metric`, as
    it is called, against training time."""
    front: dict[Any, bool] = {}
    for _, some in points.groupby("num_labels"):
        front |= dict(zip(some.index, _front(some), strict=True))
    columns = {
        "gpu_hours": "GPU-hours",
        "energy_wh": "energy (Wh)",
        "money": f"price ({currency})" if currency else "price",
    }
    shown = [name for name in columns if points[name].notna().any()]
    header = ["row", "labels", "training examples", metric, "training time", "whole cell"]
    header += [*(columns[name] for name in shown), "peak memory (GiB)", "test examples per second", "Pareto front"]
    lines = [
        [
            point.row,
            point.num_labels,
            size_entry(point.train_size),
            Entry(
                "" if pd.isna(point.score) else number_text(point.score),
                point=point_id(point.data, point.row, point.num_labels, point.train_size),
                numbers={} if pd.isna(point.score) else {"": float(point.score)},
            ),
            Entry(f"{point.train_seconds:,.1f} s", numbers={"seconds": float(point.train_seconds)}),
            Entry(duration(point.total_seconds), numbers={"seconds": float(point.total_seconds)}),
            *(_number(getattr(point, name), 4) for name in shown),
            _number(point.peak_memory_gib, 2),
            _number(point.test_examples_per_second, 0),
            "yes" if front[point.Index] else "",
        ]
        for point in _typed(points)
    ]
    return Titled("Cost of a seed", table(header, lines), name="cost")


def cost_notes(points: pd.DataFrame, cells: pd.DataFrame) -> list[str]:
    """What has to be said of the costs of `costs.cost_points`."""
    said = ["GPU-hours are those of the whole cell, on one GPU."] if points["gpu_hours"].notna().any() else []
    if without := ", ".join(dict.fromkeys(points.loc[points["without_features"], "row"].astype(str))):
        said.append(f"Times of {without} are without the frozen model's features, which earlier cells had computed.")
    done = cells[cells["status"] == Status.OK.value]
    if elsewhere := ", ".join(dict.fromkeys(done.loc[done["train_seconds"].isna(), "row"].astype(str))):
        said.append(f"Not shown, for what answers made elsewhere cost is not known: {elsewhere}.")
    unknown = done.loc[done["peak_memory_bytes"].isna() & done["train_seconds"].notna(), "row"]
    if len(unknown):
        rows = ", ".join(dict.fromkeys(unknown.astype(str)))
        said.append(f"Cells of {rows} were trained in one stack with others, whose peak memory is not a cell's.")
    return said


def _typed(points: pd.DataFrame) -> Iterable[Any]:
    return points.itertuples()


def _number(value: float, digits: int) -> Entry | str:
    return "" if pd.isna(value) else Entry(number_text(value, digits), numbers={"": float(value)})
