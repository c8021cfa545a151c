"""What changed at each point of a grid between two sets of records: one verdict a point, made once.

The same seeds are paired on the same test examples, and compared as two rows of a report are (`paired.compare`): a
paired t-test over seeds and examples; at one seed McNemar's exact test of accuracy, a t-test over examples of another
metric. Nobody planned which points to look at, so p is corrected for all points that are compared (Holm), and how much
seeds differ is learnt from several points (`pooled_points`). One seed decides nothing: it knows nothing of other seeds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.metrics.labelled import NO_LABEL
from bench.report.statistics.correctness import BySeed, Codes, Paired, TestPredictions, TestSet, pair
from bench.report.statistics.intervals import Interval, Sample, difference_interval
from bench.report.statistics.paired import ALPHA, Comparison, compare, holm_p, p_value
from bench.report.statistics.points import Point
from bench.report.statistics.pooled_points import pooled_p
from bench.report.statistics.variance import Values
from bench.results.record import Status

BEFORE, AFTER = "before", "after"
Verdict = Literal[
    "better", "worse", "one_seed", "unchanged", "not_compared", "failed_now", "ok_now", "no_result", "only_before",
    "only_after",
]  # fmt: skip


@dataclass(frozen=True)
class Side:
    """A point in one of the two sets."""

    ended: Mapping[int, str]
    """How its cells ended, by seed."""
    score: float = np.nan
    """The mean over its `ok` seeds, of the metric that points are compared by."""

    @property
    def num_ok(self) -> int:
        """Seeds that finished."""
        return sum(status == Status.OK.value for status in self.ended.values())


@dataclass(frozen=True)
class PointChange:
    """A point before and after."""

    data: str
    point: Point
    before: Side | None
    """Null where the set has no cell of it."""
    after: Side | None
    comparison: Comparison | None = None
    """After less before; null where nothing can be compared. `adjusted_p` is corrected for all points."""
    is_identical: bool = False
    """Whether every test example that was compared was answered alike."""
    why: str = ""
    """Why nothing can be compared, or what could not be."""

    @property
    def verdict(self) -> Verdict:
        """What changed, in one word. `one_seed`: told apart on the examples of the only seed in common."""
        if self.before is None or self.after is None:
            return "only_after" if self.before is None else "only_before"
        ok = self.before.num_ok > 0, self.after.num_ok > 0
        if ok != (True, True):
            return "failed_now" if ok[0] else "ok_now" if ok[1] else "no_result"
        if self.comparison is None:
            return "not_compared"
        if self.comparison.is_significant:
            return "better" if self.comparison.difference.estimate > 0 else "worse"
        return "one_seed" if self.comparison.adjusted_p < ALPHA and not self.comparison.paired.decides else "unchanged"

    @property
    def num_expected(self) -> int:
        """The seeds that either side has."""
        return len({*(self.before.ended if self.before else ()), *(self.after.ended if self.after else ())})

    @property
    def is_changed(self) -> bool:
        """Whether it is better or worse by more than noise."""
        return self.verdict in ("better", "worse")

    @property
    def scores(self) -> tuple[float, float]:
        """Before and after: on what was compared where something was, else of all that finished; NaN for none."""
        if self.comparison is not None:
            return self.comparison.accuracy_b, self.comparison.accuracy_a
        before, after = (np.nan if side is None else side.score for side in (self.before, self.after))
        return before, after

    @property
    def lost_seeds(self) -> int:
        """Seeds that finished before and did not after, where others did."""
        if self.before is None or self.after is None:
            return 0
        return sum(
            status == Status.OK.value and self.after.ended.get(seed) != Status.OK.value
            for seed, status in self.before.ended.items()
        )


@dataclass(frozen=True)
class RowChange:
    """A row before and after, over its points."""

    data: str
    row: str
    points: tuple[PointChange, ...]
    mean: Interval | None = None
    """Of the differences of the points that were compared, each counting alike; null where the points have no seed in
    common."""
    p: float = np.nan
    adjusted_p: float = np.nan
    """Corrected for all rows (Holm)."""
    decides: bool = False
    """Whether the seeds are several, so that the mean knows of other seeds."""

    def of(self, *verdicts: Verdict) -> list[PointChange]:
        """The points with one of these verdicts."""
        return [one for one in self.points if one.verdict in verdicts]

    @property
    def compared(self) -> list[PointChange]:
        """The points that were compared."""
        return [one for one in self.points if one.comparison is not None]

    @property
    def is_changed(self) -> bool:
        """Whether its mean is told apart from no change."""
        return self.decides and self.adjusted_p < ALPHA


def paired_change(change: PointChange, before: BySeed, after: BySeed) -> PointChange:
    """`change` with what the answers of both sides say, p not corrected; seeds that can't be paired are left out."""
    untrained = change.point.train_size == 0
    both = pair(after, before, a_untrained=untrained, b_untrained=untrained)
    if both is None:
        return change
    identical = all(np.array_equal(both.a[seed].predicted, both.b[seed].predicted) for seed in both.seeds)
    return replace(change, comparison=compare(AFTER, BEFORE, both), is_identical=identical)


def corrected(changes: Sequence[PointChange]) -> list[PointChange]:
    """The same with p of the pooled seeds (`pooled_points.pooled_p`), corrected for all that were compared."""
    rows: dict[tuple[str, str], dict[int, Sample]] = {}
    for place, one in enumerate(changes):
        if one.comparison is not None:
            rows.setdefault((one.data, one.point.row), {})[place] = one.comparison.paired.sample
    p = {place: one.comparison.p for place, one in enumerate(changes) if one.comparison is not None}
    p |= pooled_p(list(rows.values()))
    adjusted = dict(zip(p, map(float, holm_p(list(p.values()))), strict=True))
    return [
        one if one.comparison is None else replace(one, comparison=replace(one.comparison, adjusted_p=adjusted[place]))
        for place, one in enumerate(changes)
    ]


def row_changes(changes: Sequence[PointChange]) -> list[RowChange]:
    """The rows of `changes`, in their order, with p corrected for all of them."""
    grouped: dict[tuple[str, str], list[PointChange]] = {}
    for one in changes:
        grouped.setdefault((one.data, one.point.row), []).append(one)
    rows = [_row_change(data, row, points) for (data, row), points in grouped.items()]
    p = iter(holm_p([row.p for row in rows if row.mean is not None]))
    return [row if row.mean is None else replace(row, adjusted_p=float(next(p))) for row in rows]


def _row_change(data: str, row: str, points: Sequence[PointChange]) -> RowChange:
    found = RowChange(data, row, tuple(points))
    sample = row_sample(found.compared)
    if sample is None:
        return found
    untrained = all(one.point.train_size == 0 for one in found.compared)
    several = len(sample.values) > 1 or untrained
    return replace(found, mean=difference_interval(sample), p=p_value(sample)[0], decides=several)


def row_sample(points: Sequence[PointChange]) -> Sample | None:
    """Differences after less before of several points, a value for each seed and test example, whose mean is the mean
    of the points' differences on the seeds that all have; None where no seed is in all.

    A text that several points were tested on is one example, in all of them: that is how its answers depend on each
    other. One that few points have weighs as much less.
    """
    pairs = [one.comparison.paired for one in points if one.comparison is not None]
    if not pairs:
        return None
    seeds = sorted(set.intersection(*(set(each.seeds) for each in pairs)))
    if not seeds:
        return None
    drawn = [_summed(seed, pairs) for seed in seeds]
    crossed = all(ids == drawn[0][0] for ids, _ in drawn)
    return Sample(tuple(values for _, values in drawn), crossed, counted=False)


def _summed(seed: int, pairs: Sequence[Paired]) -> tuple[tuple[str, ...], Values]:
    """The ids of one seed's test examples, and what each adds to the mean of the points, times their number."""
    places: dict[str, int] = {}
    parts: list[tuple[NDArray[np.intp], Values]] = []
    for each in pairs:
        after, before = each.a[seed], each.b[seed]
        own = np.asarray([places.setdefault(name, len(places)) for name in after.test_set.ids], dtype=np.intp)
        parts.append((own, (after.values - before.values) / len(own)))
    values = np.zeros(len(places))
    for own, part in parts:
        np.add.at(values, own, part)
    return tuple(places), values * len(places) / len(pairs)


def common_part(a: TestPredictions, b: TestPredictions) -> tuple[TestPredictions, TestPredictions]:
    """Both on the examples with the same id and true label, as one test set; it has no example where none is so."""
    if a.test_set.digest == b.test_set.digest:
        return a, b
    places = {(name, b.label(place)): place for place, name in enumerate(b.test_set.ids)}
    found = [(place, places.get((name, a.label(place)))) for place, name in enumerate(a.test_set.ids)]
    chosen = np.asarray([each for each in found if each[1] is not None], dtype=int).reshape(-1, 2)
    names = tuple(sorted({*a.test_set.names, *b.test_set.names}))
    test_set = TestSet(
        f"{a.test_set.digest} and {b.test_set.digest}",
        tuple(a.test_set.ids[place] for place in chosen[:, 0]),
        _renamed(a.test_set.labels[chosen[:, 0]], a.test_set.names, names),
        names,
    )
    one, other = (
        TestPredictions(test_set, _renamed(side.predicted[own], side.test_set.names, names))
        for side, own in ((a, chosen[:, 0]), (b, chosen[:, 1]))
    )
    return one, other


def _renamed(codes: Codes, own: Sequence[str], names: Sequence[str]) -> Codes:
    """Codes of the names `own` as codes of `names`, which have them all."""
    of_name = {name: code for code, name in enumerate(names)}
    if codes.ndim == 2:
        whole = np.zeros((len(codes), len(names)), dtype=codes.dtype)
        whole[:, [of_name[name] for name in own]] = codes
        return whole
    table = np.asarray([*(of_name[name] for name in own), NO_LABEL], dtype=np.int16)
    return table[np.where(codes == NO_LABEL, len(own), codes)]
