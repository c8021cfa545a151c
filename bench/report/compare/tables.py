"""The tables of the comparison's page: rows, points, what one side lacks, and what the records were made with."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.metrics.metric import Metric
from bench.report.compare.points import Comparison
from bench.report.compare.provenance import ChangedOption, Origin
from bench.report.compare.words import VERDICTS
from bench.report.content.amounts import gain_range_text, gain_text, score_text
from bench.report.content.parts import Entry, Titled, interval_numbers, known_number, size_entry
from bench.report.content.table import table
from bench.report.content.wording import in_words, seeds_text
from bench.report.content.words import p_text
from bench.report.statistics.changes import PointChange, RowChange, Side, Verdict
from bench.report.statistics.intervals import Interval

STATES: Mapping[Verdict, str] = {
    "better": "better",
    "worse": "worse",
    "one_seed": "partial",
    "not_compared": "missing",
    "failed_now": "failed",
    "no_result": "failed",
    "only_before": "missing",
    "only_after": "missing",
}
"""How a verdict is marked (`parts.Entry.state`)."""
NOTHING = ""


def rows_table(found: Comparison) -> Titled:
    """A line a row: how many of its points got better and worse, and the mean of their differences."""
    header = ["row", *_data_head(found), "mean difference [95 % interval]", "p", "worse", "better", "points compared"]
    lines = [
        [
            found.name_of(row.row),
            *_data_entry(found, row.data),
            _difference(row.mean, found.metric_of(row.data)),
            _row_p(row),
            _count(row, "worse"),
            _count(row, "better"),
            len(row.compared),
        ]
        for row in found.rows
    ]
    return Titled("Rows", table(header, lines), name="rows")


def _row_p(row: RowChange) -> Entry:
    text = NOTHING if np.isnan(row.adjusted_p) else p_text(row.adjusted_p)
    return Entry(text, numbers={"": known_number(row.adjusted_p)})


def _count(row: RowChange, verdict: Verdict) -> Entry:
    count = len(row.of(verdict))
    return Entry(str(count), STATES[verdict] if count else "", numbers={"": count})


def points_table(found: Comparison) -> Titled:
    """A line a point, whether or not it could be compared."""
    header = ["row", *_data_head(found), "labels", "training examples", "verdict", "A, before", "B, after"]
    header += ["difference [95 % interval]", "p", "seeds", "what else"]
    return Titled("All points", table(header, [_line(found, one) for one in found.changes]), name="points")


def _line(found: Comparison, one: PointChange) -> list[Any]:
    metric = found.metric_of(one.data)
    scores = (_score(score, side, metric) for score, side in zip(one.scores, (one.before, one.after), strict=True))
    comparison = one.comparison
    return [
        found.name_of(one.point.row),
        *_data_entry(found, one.data),
        one.point.num_labels,
        size_entry(one.point.train_size),
        Entry(VERDICTS[one.verdict], STATES.get(one.verdict, "")),
        *scores,
        _difference(None if comparison is None else comparison.difference, metric),
        _p(one),
        _seeds(one),
        _else(one),
    ]


def _score(score: float, side: Side | None, metric: Metric) -> Entry:
    if not np.isnan(score):
        return Entry(score_text(score, metric), numbers={"": float(score)})
    if side is None:
        return Entry("not there", "missing")
    return Entry(in_words(", ".join(sorted(set(side.ended.values())))), "failed")


def _difference(interval: Interval | None, metric: Metric) -> Entry:
    """ "-8.1 points [-11.0 to -5.2]"."""
    if interval is None:
        return Entry(NOTHING, numbers={"": None, "low": None, "high": None})
    text = gain_text(interval.estimate, metric).removesuffix(" points")
    span = gain_range_text(interval.low, interval.high, metric)
    return Entry(f"{text} [{span}]", numbers=interval_numbers(interval.estimate, interval.low, interval.high, ""))


def _p(one: PointChange) -> Entry:
    if one.comparison is None:
        return Entry(NOTHING, numbers={"": None, "alone": None})
    p = one.comparison
    return Entry(p_text(p.adjusted_p), numbers={"": float(p.adjusted_p), "alone": float(p.p)})


def _seeds(one: PointChange) -> Entry:
    expected = one.num_expected
    paired = 0 if one.comparison is None else len(one.comparison.seeds)
    return Entry(seeds_text(paired, expected), numbers={"": paired, "expected": expected})


def _else(one: PointChange) -> str:
    """What a reader has to know of a point beside its numbers."""
    said = ["every example answered as before"] if one.is_identical else []
    for name, side in (("A", one.before), ("B", one.after)):
        gone = [] if side is None else sorted({status for status in side.ended.values() if status != "ok"})
        if side is not None and gone:
            seeds = seeds_text(len(side.ended) - side.num_ok, len(side.ended))
            said.append(f"{in_words(', '.join(gone))} in {name} ({seeds})")
    return "; ".join([*said, *([one.why] if one.why else [])])


def origins_table(told: Sequence[Origin]) -> Titled | None:
    """What differs between the two sides; None where nothing does."""
    lines = [[one.what, one.before, one.after] for one in told if one.differs]
    return (
        Titled("Versions and devices that differ", table(["what", "A", "B"], lines), name="versions") if lines else None
    )


def options_table(options: Sequence[ChangedOption]) -> Titled | None:
    """Options of the same cells that differ; None where none does."""
    lines = [
        [one.name, one.before or "not set", one.after or "not set", one.cells, ", ".join(one.rows)] for one in options
    ]
    header = ["option", "A", "B", "cells", "rows"]
    return Titled("Options that differ", table(header, lines), name="options") if lines else None


def _data_head(found: Comparison) -> list[str]:
    return ["data"] if len(found.decidings) > 1 else []


def _data_entry(found: Comparison, data: str) -> list[str]:
    return [found.data_names.get(data, data)] if len(found.decidings) > 1 else []
