"""Data equivalence: how many training examples of one row do what another does with n."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import isotonic_regression

from bench.report.statistics.correctness import BySeed, Grid, TestPredictions, is_crossed, pair, sample_of
from bench.report.statistics.intervals import LEVEL, Sample, difference_interval
from bench.report.statistics.points import Point
from bench.report.statistics.variance import Values

MIN_SIZES = 3
HALVINGS = 7
"""Of the step between two sizes, to find an end of an interval: to less than 1 % of the step."""
MORE = float("inf")
"""More than the largest size that was tried."""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """How many examples of `other` equal what `row` does with `train_size`."""

    row: str
    train_size: int
    other: str
    estimate: float
    """Training examples of `other`; infinite: more than `largest`, the smallest size: so many or fewer."""
    low: float
    high: float
    level: float
    smallest: int
    """Sizes of `other` that were tried: nothing is said beyond them."""
    largest: int
    seeds: tuple[int, ...]
    """That both rows have at all of these sizes."""

    @property
    def is_open(self) -> bool:
        """Whether the upper end is beyond the largest size that was tried."""
        return self.high == MORE


@dataclass(frozen=True, slots=True)
class NotComparable:
    """Why there is no equivalence."""

    reason: str


def equivalence(
    grid: Grid, row: str, train_size: int, other: str, *, num_labels: int, level: float = LEVEL
) -> Equivalence | NotComparable:
    """How many examples `other` needs for the accuracy of `row` with `train_size` (0: an untrained row).

    The accuracies of `other` are made to rise with the size (isotonic regression) and joined by lines over log n. The
    interval holds the sizes at which the paired difference of the two rows is not told from zero: `other`, joined by
    lines example by example, is held against `row` by `difference_interval`. An end beyond the sizes tried is
    infinite, never extrapolated. (Drawing few seeds again, as a bootstrap does, misses the truth twice as often.)
    """
    return Reference(grid, other, num_labels, level).equivalent(row, train_size)


@dataclass
class Reference:
    """The row that others are held against at one label count."""

    grid: Grid
    other: str
    num_labels: int
    level: float = LEVEL
    name: Callable[[str], str] = str
    """What reasons call a row."""

    @cached_property
    def curve(self) -> dict[int, BySeed]:
        """What `other` answered, by training size, rising."""
        found = {
            point.train_size: seeds
            for point, seeds in self.grid.items()
            if (point.row, point.num_labels) == (self.other, self.num_labels) and point.train_size > 0
        }
        return dict(sorted(found.items()))

    def equivalent(self, row: str, train_size: int) -> Equivalence | NotComparable:
        """As `equivalence`."""
        here = self.grid.get(Point(row, self.num_labels, train_size))
        sizes = list(self.curve)
        if here is None:
            return NotComparable(f"{self.name(row)} has no answers there")
        if len(sizes) < MIN_SIZES:
            few = f"{len(sizes)} of the {MIN_SIZES} training sizes that equivalence needs"
            return NotComparable(f"{self.name(self.other)} has only {few}")
        matched = _common(here, list(self.curve.values()), untrained=train_size == 0)
        if matched is None:
            both = f"{self.name(row)} and {self.name(self.other)}"
            return NotComparable(f"{both} have no seed with the same test examples at all of these sizes")
        mine, theirs = matched
        rising = isotonic_regression([sample_of(answers).mean for answers in theirs]).x
        estimate = _crossing(sample_of(mine).mean, rising, sizes)
        low, high = _ends(mine, theirs, sizes, self.level)
        return Equivalence(
            row=row,
            train_size=train_size,
            other=self.other,
            estimate=estimate,
            low=min(low, estimate),
            high=max(high, estimate),
            level=self.level,
            smallest=sizes[0],
            largest=sizes[-1],
            seeds=tuple(sorted(mine)),
        )


def _common(here: BySeed, curve: Sequence[BySeed], untrained: bool) -> tuple[BySeed, list[BySeed]] | None:
    """Both rows at the seeds that have every size on the same test examples."""
    made = [pair(here, seeds, a_untrained=untrained) for seeds in curve]
    if any(both is None for both in made):
        return None
    whole = [both for both in made if both is not None]
    common = set.intersection(*(set(both.seeds) for both in whole))
    if not common:
        return None
    mine: Mapping[int, TestPredictions] = {seed: whole[0].a[seed] for seed in sorted(common)}
    return mine, [{seed: both.b[seed] for seed in sorted(common)} for both in whole]


def _crossing(target: float, rising: Values, sizes: Sequence[int]) -> float:
    """The size at which a rising curve gets to `target`: linear in log n.

    The smallest size where it is there already, infinite where it never gets there.
    """
    above = int((rising < target - 1e-12).sum())
    if above == 0:
        return float(sizes[0])
    if above == len(sizes):
        return MORE
    return _size(above - 1 + float((target - rising[above - 1]) / (rising[above] - rising[above - 1])), sizes)


def _size(place: float, sizes: Sequence[int]) -> float:
    """At a place on the scale of `sizes`: 0 is the smallest, 1.5 half way in log n from the second to the third."""
    return float(np.exp(np.interp(place, np.arange(len(sizes)), np.log(np.asarray(sizes, dtype=np.float64)))))


def _ends(mine: BySeed, theirs: Sequence[BySeed], sizes: Sequence[int], level: float) -> tuple[float, float]:
    """The smallest and the largest size at which the two rows are not told apart."""
    order, crossed = sorted(mine), is_crossed(mine)

    def told(place: float) -> int:
        """Whether the curve is below (-1) or above (1) there, by more than noise."""
        before = min(int(place), len(sizes) - 2)
        part = place - before
        gaps = (
            (1 - part) * theirs[before][seed].correct + part * theirs[before + 1][seed].correct - mine[seed].correct
            for seed in order
        )
        found = difference_interval(Sample(tuple(gaps), crossed), level)
        return int(found.low > 0) - int(found.high < 0)

    def between(inside: float, outside: float) -> float:
        """The end of the interval, from a place that is in it and one that is not."""
        beyond = told(outside)
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if told(middle) == beyond else (middle, outside)
        return _size(inside, sizes)

    at = [told(place) for place in range(len(sizes))]
    first = next((place for place, side in enumerate(at) if side >= 0), None)
    last = next((place for place in reversed(range(len(sizes))) if at[place] <= 0), None)
    low = MORE if first is None else float(sizes[0]) if first == 0 else between(first, first - 1)
    high = float(sizes[0]) if last is None else MORE if last == len(sizes) - 1 else between(last, last + 1)
    return low, high


@dataclass(frozen=True)
class Equivalents:
    """What equals the rows' points at one label count, in training examples of `other`."""

    other: str
    num_labels: int
    found: Mapping[Point, Equivalence | NotComparable]

    @property
    def comparable(self) -> list[Equivalence]:
        """Those that there are."""
        return [one for one in self.found.values() if isinstance(one, Equivalence)]
