"""The bars on means in curves: 95 % intervals where answers on single examples allow them, else ±SD over seeds."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.path import Path

from bench.report.content.wording import (
    usual_seeds,
)
from bench.report.figures import style
from bench.report.statistics.intervals import ONE_SEED
from bench.wording import counted

INTERVAL, TEST_SET, DEVIATION = "interval", "test_set", "deviation"
"""What a bar is: an interval over seeds and test examples; one of the test examples alone, since there is one seed or
all seeds gave the same; the standard deviation over seeds."""
LOOKS: dict[str, dict[str, Any]] = {
    INTERVAL: {"elinewidth": 0.9, "capsize": 2.5},
    TEST_SET: {"elinewidth": 0.9, "capsize": 0},
    DEVIATION: {"elinewidth": 0.9, "capsize": 2.5, "linestyle": (0, (1, 1))},
}
LABELS = {
    INTERVAL: f"{style.percent(95)} interval",
    TEST_SET: f"{style.percent(95)} interval, test set alone",
    DEVIATION: "mean ± SD over seeds",
}
PLACE = ["row", "num_labels", "train_size"]


def with_bars(summary: pd.DataFrame, metric: str, intervals: pd.DataFrame | None) -> pd.DataFrame:
    """`summary` (of `frame.summary_frame`, one data set) with the bars of `metric`: `low`, `high` and `bar` (its kind).

    `intervals` are those of `statistics.tables.interval_frame` for the metric, or None. A point has its interval only
    if that is over as many seeds as its mean; else its standard deviation. `bar` is "" and the ends are null where
    there is neither.
    """
    known = pd.DataFrame(columns=[*PLACE, "low", "high", "method", "num_seeds"]) if intervals is None else intervals
    lines = {
        tuple(line[:3]): line[3:] for line in known[[*PLACE, "low", "high", "method", "num_seeds"]].to_numpy().tolist()
    }
    bars = []
    for row, labels, size, n_ok, mean, deviation in zip(
        *(summary[name] for name in (*PLACE, "n_ok", f"{metric}_mean", f"{metric}_sd")), strict=True
    ):
        low, high, method, seeds = lines.get((row, labels, size), (np.nan, np.nan, "", 0))
        if seeds == n_ok and seeds:
            bars.append((float(low), float(high), TEST_SET if method in ONE_SEED else INTERVAL))
        elif np.isnan(deviation):
            bars.append((np.nan, np.nan, ""))
        else:
            bars.append((mean - deviation, mean + deviation, DEVIATION))
    made = pd.DataFrame(bars, columns=["low", "high", "bar"], index=summary.index)
    return pd.concat([summary, made], axis="columns")


def draw_bars(axes: Axes, x: Any, points: pd.DataFrame, metric: str, colour: str) -> None:
    """The bars of `points` (of `with_bars`), at `x`, an entry a point."""
    means = points[f"{metric}_mean"].to_numpy(float)
    ends = np.stack([means - points["low"].to_numpy(float), points["high"].to_numpy(float) - means])
    for kind in kinds_of(points):
        some = (points["bar"] == kind).to_numpy()
        look = dict(LOOKS[kind])
        dashes = look.pop("linestyle", None)
        drawn = axes.errorbar(x[some], means[some], ends[:, some].clip(0), fmt="none", ecolor=colour, zorder=3, **look)
        if dashes is not None:
            drawn.lines[2][0].set_linestyle(dashes)


def kinds_of(points: pd.DataFrame) -> list[str]:
    """The kinds of bars that there are, in the order of the legend."""
    found = set(points["bar"])
    return [kind for kind in LOOKS if kind in found]


def bar_handles(kinds: Iterable[str]) -> list[Line2D]:
    """An entry of the legend for each kind of bar."""
    key: dict[str, Any] = {"color": style.MUTED, "linestyle": "none", "markersize": 9, "markeredgewidth": 0.9}
    key["markerfacecolor"] = "none"
    return [Line2D([], [], marker=_marker(kind), label=LABELS[kind], **key) for kind in kinds]


def _marker(kind: str) -> Path:
    """A small bar: with caps, without, or dotted."""
    ends = (-1, -0.75, -0.4, -0.1, 0.1, 0.4, 0.75, 1) if kind == DEVIATION else (-1, 1)
    stem = [(0.0, end) for end in ends]
    caps = [] if kind == TEST_SET else [(-0.35, 1.0), (0.35, 1.0), (-0.35, -1.0), (0.35, -1.0)]
    points = [*stem, *caps]
    return Path(points, [Path.MOVETO if place % 2 == 0 else Path.LINETO for place in range(len(points))])


def bars_phrase(points: pd.DataFrame) -> str:
    """What stands behind means and their bars, for a figure's small print."""
    if points.empty:
        return ""
    usual, kinds = usual_seeds(points), kinds_of(points)
    single = usual == 1 and points["n_expected"].max() == 1
    said = ["One seed a point." if single else f"Mean over {counted(usual, 'seed')} where not said otherwise."]
    if INTERVAL in kinds:
        said.append(f"Bars are {style.percent(95)} intervals over new seeds and new test examples.")
    if TEST_SET in kinds:
        which = "Bars" if single else "Bars without caps (a single seed, or seeds that all gave the same)"
        said.append(
            f"{which} are {style.percent(95)} intervals of the test set alone: they know nothing of other seeds."
        )
    if DEVIATION in kinds:
        of = "Dotted bars (single answers are not kept)" if len(kinds) > 1 else "Bars"
        said.append(f"{of} are ± one standard deviation over seeds, no intervals.")
    return " ".join(said)
