"""What more labels cost: a metric against the number of labels, a panel a training size."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from bench.report.content.wording import capitalised, metric_words, only_data_set, spread
from bench.report.figures import style
from bench.report.figures.bars import bar_handles, bars_phrase, draw_bars, kinds_of, with_bars
from bench.report.figures.layout import Texts, panels
from bench.report.figures.named_rows import named_and_others
from bench.report.inputs.frame import of_metric, summary_frame

MAX_PANELS = 6
PANEL = (3.8, 3.1)
"""Inches."""
ROW_STEP, MAX_SPREAD = 0.02, 0.24
"""Between neighbouring rows at one label count, and from the first to the last: natural logarithms."""


def shared_sizes(cells: pd.DataFrame) -> list[int]:
    """Training sizes at which there are several label counts: the smallest, the biggest and some between."""
    counts = cells[cells["train_size"] > 0].groupby("train_size")["num_labels"].nunique()
    return spread([int(size) for size in counts[counts > 1].index], MAX_PANELS)


@style.applied
def label_count_curves(
    cells: pd.DataFrame, metric: str, intervals: pd.DataFrame | None = None, named: Collection[str] | None = None
) -> Figure | None:
    """Draw `metric` against the number of labels (log axis), a panel for each of `shared_sizes`; None without any.

    Marks are means over seeds with bars (`bars.with_bars`, which takes `intervals`), dots are single seeds; rows that
    use no training examples are in all panels. Rows that are not `named` (default: all are) are grey lines. Raises
    ValueError unless `cells` are of exactly one data set.
    """
    cells = of_metric(cells, metric)
    data, sizes = style.called(only_data_set(cells)), shared_sizes(cells)
    if not sizes or cells[metric].isna().all():
        return None
    summary = with_bars(summary_frame(cells), metric, intervals)
    summary = summary[summary["train_size"].isin([0, *sizes])]
    rows, others = named_and_others(cells["row"].cat.categories, cells, named)
    told = summary[summary["row"].isin(rows)]
    styles = style.row_styles(cells["row"].cat.categories)
    handles = [style.row_handle(row, styles[row]) for row in rows] + style.others_handle(others) + _key(told)
    around = Texts(
        title=f"{capitalised(metric_words(metric))} by labels on {data}",
        note=_note(told, others),
        x="labels (log scale)",
        y=metric_words(metric),
    )
    figure, drawn = panels(len(sizes), PANEL, handles, around, sharey=True)
    labels = sorted(int(count) for count in cells["num_labels"].unique())
    step = min(ROW_STEP, MAX_SPREAD / len(rows))
    for axes, size in zip(drawn, sizes, strict=True):
        here = summary[summary["train_size"].isin([0, size]) & (summary["n_ok"] > 0)]
        for row in others:
            points = here[here["row"] == row].sort_values("num_labels")
            axes.plot(points["num_labels"], points[f"{metric}_mean"], zorder=1.2, **style.OTHERS_LINE)
        for place, row in enumerate(rows):
            at = (cells["row"] == row) & cells["train_size"].isin([0, size])
            offset = float(np.exp(step * (place - (len(rows) - 1) / 2)))
            _draw_row(axes, cells[at], here[here["row"] == row], metric, (styles[row], offset))
        _finish(axes, labels, f"{size:,} training examples")
    return figure


def _draw_row(
    axes: Axes, cells: pd.DataFrame, points: pd.DataFrame, metric: str, look: tuple[style.RowStyle, float]
) -> None:
    (row, offset), points = look, points.sort_values("num_labels")
    axes.plot(cells["num_labels"] * offset, cells[metric], ".", color=row.colour, alpha=0.35, markersize=6, mew=0)
    x, means = points["num_labels"].to_numpy(float) * offset, points[f"{metric}_mean"].to_numpy(float)
    axes.plot(x, means, marker=row.marker, color=row.colour, linestyle=row.line, markersize=5, linewidth=1.4)
    draw_bars(axes, x, points, metric, row.colour)


def _note(summary: pd.DataFrame, others: list[str]) -> str:
    more = "Dots are single seeds. More labels are other tasks, with other test examples."
    return f"{bars_phrase(summary)} {more} {style.others_phrase(others)}".strip()


def _key(summary: pd.DataFrame) -> list[Line2D]:
    """What dots and bars mean, for the legend."""
    dot = Line2D(
        [], [], marker=".", color=style.MUTED, linestyle="none", alpha=0.5, markersize=6, label="a single seed"
    )
    return [*([dot] if (summary["n_ok"] > 1).any() else []), *bar_handles(kinds_of(summary))]


def _finish(axes: Axes, labels: list[int], title: str) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(FixedLocator(labels))
    axes.set_xticklabels([str(count) for count in labels])
    axes.set_xlim(labels[0] / 1.15, labels[-1] * 1.15)
    axes.grid(axis="y", color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title(title)
