"""The axes of scaling curves: which sizes are written, and from where to where a metric goes."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from bench.report.figures import style
from bench.report.figures.scaling_marks import Drawing
from bench.report.inputs.frame import chance_of
from bench.report.statistics.interval_frames import ACCURACY
from bench.report.statistics.metrics import lower_is_better

MIN_SPAN, CHANCE_BELOW = 0.2, 0.5
"""Of a panel's axis: less would show noise as if it were much; how far below everything else, as a part of the span of
that, guessing is still in it."""
MIN_TICK_GAP = 0.13
"""Inches between the sizes on an axis, written upright."""


def doubled_beyond(own: list[int], ends: list[float]) -> list[int]:
    """Sizes to be written beyond the largest one: it doubled, as far as curves are drawn."""
    return [own[-1] * factor for factor in (2, 4, 8, 16) if ends and own[-1] * factor <= max(ends)]


def size_axis(axes: Axes, own: list[int], theirs: list[int], drawing: Drawing, end: float) -> None:
    """A log axis over all sizes and to `end`; sizes that are not `own` are written where our own leave room."""
    everything = sorted({*own, *theirs})
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    if not everything:
        axes.set_xlim(0.5, 2)
        axes.set_xticks([])
        return
    margin = max(drawing.offsets.values()) * max(everything[-1] / everything[0], 4) ** 0.07
    right = max(everything[-1] * margin * (1.06 if drawing.tags else 1), end * max(drawing.offsets.values()))
    axes.set_xlim(everything[0] / margin, right)
    inches = (drawing.panel[0] - 0.7) / float(np.log(np.divide(*axes.get_xlim()[::-1])))
    ticks = list(own)
    for size in theirs:
        if all(abs(np.log(size / tick)) * inches >= MIN_TICK_GAP for tick in ticks):
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


def limit(axes: Axes, cells: pd.DataFrame, summary: pd.DataFrame, drawing: Drawing) -> None:
    """A panel's axis holds every dot, bar, band and diamond; and the chance line, if it is not far below them."""
    metric, labels = drawing.metric, int(summary["num_labels"].iloc[0])
    numbers = drawing.published.loc[drawing.published["num_labels"] == labels, "value"].astype(float)
    bands = [band for (_, count), band in drawing.carried.items() if count == labels]
    values = [cells[metric], summary["low"], summary["high"], numbers, *(pd.Series(b.low) for b in bands)]
    known = pd.concat([*(pd.Series(b.high) for b in bands), *(value.astype(float) for value in values)]).dropna()
    if known.empty:
        axes.set_ylim(0, 1.02)
        return
    top = np.inf if lower_is_better(metric) else 1.0
    low, high = max(float(known.min()), 0.0), min(float(known.max()), top)
    chance = chance_of(cells, labels)
    if metric == ACCURACY and low > chance > low - CHANCE_BELOW * (high - low):
        low = chance
    if (widen := MIN_SPAN - (high - low)) > 0:
        low, high = max(low - widen / 2, 0.0), min(high + widen / 2, top)
    room = 0.08 * (high - low)  # for a label under the lowest
    axes.set_ylim(low - room, high + room / 2)
