"""Data equivalence: how many training examples of one row do what another does with n."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import isotonic_regression

from bench.report.reading import Point
from bench.report.statistics.bootstrap import Draws
from bench.report.statistics.correctness import Answers, BySeed, Grid, pair
from bench.report.statistics.intervals import LEVEL
from bench.report.statistics.variance import Values

LEAST_SIZES = 3
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
    grid: Grid, row: str, train_size: int, other: str, *, num_labels: int, draws: Draws, level: float = LEVEL
) -> Equivalence | NotComparable:
    """How many examples `other` needs for the accuracy of `row` with `train_size` (0: an untrained row).

    The accuracies of `other` are made to rise with the size (isotonic regression) and joined by lines over log n. The
    interval is by the crossed bootstrap over seeds and test examples, the same draws for both rows and all sizes;
    draws that end beyond the sizes tried count as infinite, never as extrapolated. Coverage on real curves was 94 to
    95 %; the median interval is wide, by a factor of 2.6.
    """
    return Reference(grid, other, num_labels, draws, level).equivalent(row, train_size)


@dataclass
class Reference:
    """The row that others are held against at one label count; its curve is drawn once for many of them."""

    grid: Grid
    other: str
    num_labels: int
    draws: Draws
    level: float = LEVEL
    _rising: dict[tuple[int, ...], Values] = field(default_factory=dict)
    """Rising accuracies of `other` by the seeds that are taken: (data, then draws) x sizes."""

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
            return NotComparable(f"{row} has no answers there")
        if len(sizes) < LEAST_SIZES:
            few = f"{len(sizes)} of the {LEAST_SIZES} training sizes that equivalence needs"
            return NotComparable(f"{self.other} has only {few}")
        matched = _common(here, list(self.curve.values()), untrained=train_size == 0)
        if matched is None:
            return NotComparable(
                f"{row} and {self.other} have no seed with the same test examples at all of these sizes"
            )
        mine, theirs = matched
        seeds = tuple(sorted(mine))
        if seeds not in self._rising:
            levels = np.stack([_accuracies(answers, self.draws) for answers in theirs], axis=1)
            self._rising[seeds] = np.stack([isotonic_regression(one).x for one in levels])
        drawn = _crossings(_accuracies(mine, self.draws), self._rising[seeds], sizes)
        # the first line is the data as they are, the others are draws
        ends = [(1 - self.level) / 2, (1 + self.level) / 2]
        low, high = np.quantile(drawn[1:], ends, method="inverted_cdf")
        return Equivalence(
            row=row,
            train_size=train_size,
            other=self.other,
            estimate=float(drawn[0]),
            low=min(float(low), float(drawn[0])),
            high=max(float(high), float(drawn[0])),
            level=self.level,
            smallest=sizes[0],
            largest=sizes[-1],
            seeds=seeds,
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
    mine: Mapping[int, Answers] = {seed: whole[0].a[seed] for seed in sorted(common)}
    return mine, [{seed: both.b[seed] for seed in sorted(common)} for both in whole]


def _accuracies(seeds: BySeed, draws: Draws) -> Values:
    """Mean accuracy over seeds: of the data as they are, then of each draw."""
    order = sorted(seeds)
    seen = np.mean([seeds[seed].right.mean() for seed in order])
    drawn = np.stack(draws.accuracies([seeds[seed] for seed in order]), axis=1)
    return np.concatenate([[seen], (drawn * draws.seeds(order)).sum(axis=1)])


def _crossings(targets: Values, rising: Values, sizes: Sequence[int]) -> Values:
    """The size at which each rising curve (curves x sizes) gets to its target: linear in log n.

    The smallest size where it is there already, infinite where it never gets there.
    """
    steps = np.log(np.asarray(sizes, dtype=np.float64))
    above = (rising < targets[:, None] - 1e-12).sum(axis=1)
    right = np.clip(above, 1, len(sizes) - 1)
    each = np.arange(len(rising))
    before, after = rising[each, right - 1], rising[each, right]
    # where the target is not between the two, the part is not used
    part = np.divide(targets - before, after - before, out=np.zeros_like(targets), where=after > before).clip(0, 1)
    inside = np.exp(steps[right - 1] + part * (steps[right] - steps[right - 1]))
    return np.where(above == 0, float(sizes[0]), np.where(above == len(sizes), MORE, inside))
