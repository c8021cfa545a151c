"""Points before and after: a line from one score to the other, and the difference with its interval."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.metrics.metric import Metric
from bench.report.content.amounts import is_share
from bench.report.content.wording import UNTRAINED, in_words
from bench.report.figures import style
from bench.report.figures.differences import around_zero
from bench.report.figures.forest import canvas, limits, places_for
from bench.report.figures.heatmap import Contents, draw_grid
from bench.report.figures.heatmap_cells import APART, Number
from bench.report.statistics.changes import PointChange, Verdict

ALL_LINES, FEW_LINES, MAX_LINES = 24, 12, 36
"""Of up to so many points each has a line; of more, at least and at most so many. The heatmap has all."""
BEFORE, AFTER = 7.0, 4.0
"""Sizes of marks in points: a dot in its ring did not move."""
BETTER, WORSE = style.COLOURS[2], style.COLOURS[1]
COLOURS: dict[Verdict, str] = {"better": BETTER, "worse": WORSE, "one_seed": style.COLOURS[4]}
"""Of what changed; all else is grey."""
WORDS: dict[Verdict, str] = {
    "failed_now": "failed\nnow",
    "ok_now": "finished\nnow",
    "no_result": "no result",
    "not_compared": "not\ncompared",
    "only_before": "only in A",
    "only_after": "only in B",
}
"""Of points without a difference."""
LEGEND: dict[Verdict, str] = {
    "worse": "worse, beyond noise",
    "better": "better, beyond noise",
    "one_seed": "differing on one seed",
    "unchanged": "no significant change",
}
TELLING: tuple[Verdict, ...] = ("better", "worse", "failed_now", "one_seed", "ok_now")
"""What a reader looks for, in this order."""


def drawn_points(changes: Sequence[PointChange]) -> list[PointChange]:
    """The points that have a line, in the order of `changes`: all that both sets have; where these are many, those
    that changed or failed, and a few with the largest differences."""
    both = [one for one in changes if one.before is not None and one.after is not None and one.verdict != "no_result"]
    if len(both) <= ALL_LINES:
        return both
    ranked = sorted(both, key=_rank)
    telling = sum(one.verdict in TELLING for one in both)
    chosen = {id(one) for one in ranked[: min(max(telling, FEW_LINES), MAX_LINES)]}
    return [one for one in both if id(one) in chosen]


def _rank(one: PointChange) -> tuple[int, float]:
    size = 0.0 if one.comparison is None else abs(one.comparison.difference.estimate)
    return (TELLING.index(one.verdict) if one.verdict in TELLING else len(TELLING), -size)


@style.applied
def before_after_lines(
    points: Sequence[PointChange], heading: Callable[[PointChange], str], metric: Metric, title: str, note: str
) -> Figure:
    """Draw `points`, one or more, a line each under what `heading` says; scores of shares in percent."""
    names = {id(one): (heading(one), _name(one)) for one in points}
    places = places_for(names.values())
    unit, share = (100, True) if is_share(metric) else (1, False)
    panels = [f"{metric.label}, %" if share else metric.label, "difference, points" if share else "difference"]
    figure, (scores, differences) = canvas(places, panels, _handles(points), title=title, note=note)
    for one in points:
        place = places.points[names[id(one)]]
        _draw_scores(scores, one, place, unit)
        _draw_difference(differences, one, place, unit)
    known = [unit * score for one in points for score in one.scores if not np.isnan(score)] or [0.0]
    scores.set_xlim(limits(min(known), max(known), 0.1 * unit))
    ends = [unit * end for one in points for end in _ends(one)] + [0.0]
    differences.set_xlim(limits(min(ends), max(ends), 0.04 * unit))
    differences.axvline(0, color=style.MUTED, linewidth=0.9, zorder=1)
    return figure


def _name(one: PointChange) -> str:
    return f"{one.point.num_labels} labels, " + (
        f"{one.point.train_size:,} examples" if one.point.train_size else UNTRAINED
    )


def _ends(one: PointChange) -> list[float]:
    return [] if one.comparison is None else [one.comparison.difference.low, one.comparison.difference.high]


def colour_of(one: PointChange) -> str:
    """Of a point's marks."""
    return COLOURS.get(one.verdict, style.MUTED)


def _draw_scores(axes: Axes, one: PointChange, place: int, unit: float) -> None:
    """A ring before and a dot after, with a line between; the one mark there is where a side has no score."""
    before, after = (unit * score for score in one.scores)
    look: dict[str, Any] = {"color": colour_of(one), "zorder": 4}
    axes.plot([before, after], [place] * 2, linewidth=1.6, label="_way", **look)
    if not np.isnan(before):
        axes.plot([before], [place], "o", markerfacecolor="white", markersize=BEFORE, label="_before", **look)
    if not np.isnan(after):
        axes.plot([after], [place], "o", markersize=AFTER, label="_after", **look)


def _draw_difference(axes: Axes, one: PointChange, place: int, unit: float) -> None:
    """The interval; words where there is none."""
    if one.comparison is None:
        said = in_words(WORDS[one.verdict].replace("\n", " "))
        axes.annotate(
            said, (0, place), (5, 0), textcoords="offset points", va="center", fontsize=style.SMALL, color=style.INK
        )
        return
    found = one.comparison.difference
    look: dict[str, Any] = {"color": colour_of(one), "zorder": 4}
    axes.plot([unit * found.low, unit * found.high], [place] * 2, linewidth=1.6, **look)
    axes.plot([unit * found.estimate], [place], "o", markersize=5, markerfacecolor=_fill(one.verdict), **look)


def _fill(verdict: Verdict) -> str:
    """Of a difference's mark: only what is beyond noise is filled."""
    return COLOURS[verdict] if verdict in ("better", "worse") else "white"


def _handles(points: Sequence[PointChange]) -> list[Line2D]:
    met = {one.verdict for one in points}
    shown = [verdict for verdict in LEGEND if verdict in met]
    colours = [COLOURS.get(verdict, style.MUTED) for verdict in shown]
    bars = [
        Line2D([], [], marker="o", markersize=5, linewidth=1.6, color=colour, markerfacecolor=_fill(verdict),
               label=LEGEND[verdict])
        for verdict, colour in zip(shown, colours, strict=True)
    ]  # fmt: skip
    key: dict[str, Any] = {"color": style.MUTED, "linestyle": "none", "marker": "o"}
    ring = Line2D([], [], markersize=BEFORE, markerfacecolor="white", label="A, before", **key)
    return [*bars, ring, Line2D([], [], markersize=AFTER, label="B, after", **key)]


@style.applied
def change_heatmap(
    changes: Sequence[PointChange], name: Callable[[str], str], title: str, note: str, label: str
) -> Figure:
    """Draw the differences of all points of one data set; `name` gives what people call a row, `label` names colours.

    A point without a difference says why.
    """
    values = [np.nan if one.comparison is None else one.comparison.difference.estimate for one in changes]
    shade = around_zero(np.asarray(values), lower_is_better=False)
    contents: Contents = {
        (name(one.point.row), one.point.num_labels, one.point.train_size): _content(one) for one in changes
    }
    rows = list(dict.fromkeys(name(one.point.row) for one in changes))
    return draw_grid(contents, rows, shade, (title, note, label), 1)


def _content(one: PointChange) -> Number | str:
    if one.comparison is None:
        return WORDS[one.verdict]
    before, after = one.scores
    seeds = len(one.comparison.seeds)
    expected = one.num_expected
    note = f"{before:.2f} → {after:.2f}"
    mark = APART if one.is_changed else ""
    counts = (seeds, expected) if seeds < expected else (1, 1)  # that all are there goes without saying
    return Number(one.comparison.difference.estimate, np.nan, *counts, note, True, (mark,))
