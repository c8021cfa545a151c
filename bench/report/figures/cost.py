"""What accuracy costs: training time, memory, speed of inference, money."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from bench.report.content.parts import Entry, Titled, point_id, size_entry
from bench.report.content.table import table
from bench.report.content.wording import number_text, spread
from bench.report.figures import style
from bench.report.figures.layout import Texts, panel_grid
from bench.report.figures.named_rows import named_and_others
from bench.report.statistics.costs import pareto
from bench.results.record import Status
from bench.wording import duration

MAX_LABEL_COUNTS = 4
PANEL = (3.5, 2.9)
"""Inches."""


@dataclass(frozen=True)
class Measure:
    """One thing that costs."""

    column: str
    name: str
    """With its unit."""
    more_is_better: bool = False


MEASURES = (
    Measure("train_seconds", "training time (seconds)"),
    Measure("peak_memory_gib", "peak memory (GiB)"),
    Measure("test_examples_per_second", "test examples per second", more_is_better=True),
    Measure("energy_wh", "energy of a cell (Wh)"),
)


def shown_label_counts(points: pd.DataFrame) -> list[int]:
    """The label counts that have panels: all of few, else the smallest, the biggest and some between."""
    return spread(sorted(int(count) for count in points["num_labels"].unique()), MAX_LABEL_COUNTS)


@style.applied
def accuracy_and_cost(points: pd.DataFrame, rows: list[str], data: str, named: Collection[str] | None = None) -> Figure:
    """Draw accuracy against each of `MEASURES` (log axes), a line of panels a label count.

    `points` are of `costs.cost_points`, `rows` all of the grid in order. A line joins a row's training sizes, bigger
    marks for bigger ones; the Pareto front has rings. Rows that are not `named` (default: all are) are grey dots.
    """
    labels = shown_label_counts(points)
    measures = [measure for measure in MEASURES if (points[measure.column] > 0).any()] or [MEASURES[0]]
    styles = style.row_styles(rows)
    met, others = named_and_others(rows, points, named)
    note = "Means over seeds. A line joins a row's training sizes, bigger marks for bigger ones. A ring: no other "
    note += "point of the panel is both as good and as cheap. Times are of the machines that the records name."
    around = Texts(title=f"Accuracy and what it costs, on {data}", note=f"{note} {style.others_phrase(others)}".strip())
    figure, grid = panel_grid((len(labels), len(measures)), PANEL, _handles(met, others, styles), around)
    for line, count in zip(grid, labels, strict=True):
        some = points[points["num_labels"] == count]
        for axes, measure in zip(line, measures, strict=True):
            _draw_panel(axes, some, measure, {row: styles[row] for row in met})
            axes.set_title(f"{count} labels")
            axes.set_xlabel(f"{measure.name}, log scale")
        line[0].set_ylabel("test accuracy")
    return figure


def _draw_panel(axes: Axes, points: pd.DataFrame, measure: Measure, styles: dict[str, style.RowStyle]) -> None:
    known = points[points[measure.column] > 0].sort_values("train_size")
    largest = max(int(points["train_size"].max()), 2)
    is_other = ~known["row"].isin(list(styles))
    axes.scatter(known.loc[is_other, measure.column], known.loc[is_other, "accuracy"], 9, color=style.OTHERS, zorder=1)
    for row, own in known[~is_other].groupby("row", observed=True, sort=True):
        look = styles[str(row)]
        axes.plot(own[measure.column], own["accuracy"], color=look.colour, linestyle=look.line, linewidth=1, alpha=0.7)
        areas = [16 + 34 * np.log1p(size) / np.log1p(largest) for size in own["train_size"]]
        axes.scatter(own[measure.column], own["accuracy"], areas, color=look.colour, marker=look.marker, zorder=3)
    front = known[_front(known, measure)]
    axes.scatter(front[measure.column], front["accuracy"], 130, facecolors="none", edgecolors=style.INK, linewidths=0.9)
    axes.set_xscale("log")
    if len(known):
        ticks = log_ticks(*axes.get_xlim())
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.set_xticklabels([f"{tick:,g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two positive ones: 1, 2, 5 and their tens, or fewer where there are many tens."""
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        ticks = [step * 10.0**ten for ten in tens for step in steps if low <= step * 10.0**ten <= high]
        if len(ticks) <= 6:
            return ticks or [float(f"{math.sqrt(low * high):.2g}")]
    return ticks[:: math.ceil(len(ticks) / 6)]


def _front(points: pd.DataFrame, measure: Measure) -> list[bool]:
    sign = -1 if measure.more_is_better else 1
    return pareto(zip(sign * points[measure.column].astype(float), points["accuracy"].astype(float), strict=True))


def _handles(rows: list[str], others: list[str], styles: dict[str, style.RowStyle]) -> list[Line2D]:
    made = [style.row_handle(row, styles[row]) for row in rows] + style.others_handle(others, dots=True)
    ring: dict[str, Any] = {"marker": "o", "markersize": 10, "markerfacecolor": "none", "linestyle": "none"}
    return [*made, Line2D([], [], color=style.INK, label="Pareto front", **ring)]


def cost_table(points: pd.DataFrame, currency: str | None = None) -> Titled:
    """What each point of the grid costs a seed (money in `currency`), and whether it is on the front of accuracy
    against training time."""
    front: dict[Any, bool] = {}
    for _, some in points.groupby("num_labels"):
        front |= dict(zip(some.index, _front(some, MEASURES[0]), strict=True))
    columns = {
        "gpu_hours": "GPU-hours",
        "energy_wh": "energy (Wh)",
        "money": f"price ({currency})" if currency else "price",
    }
    shown = [name for name in columns if points[name].notna().any()]
    header = ["row", "labels", "training examples", "accuracy", "training time", "whole cell"]
    header += [*(columns[name] for name in shown), "peak memory (GiB)", "test examples per second", "Pareto front"]
    lines = [
        [
            point.row,
            point.num_labels,
            size_entry(point.train_size),
            Entry(
                number_text(point.accuracy),
                point=point_id(point.data, point.row, point.num_labels, point.train_size),
                numbers={"": float(point.accuracy)},
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
