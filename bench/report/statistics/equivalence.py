"""Data equivalence: how many training examples of one row do what another does with n."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from bench.report.statistics.bootstrap import Draws, accuracy
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
    here = {p.train_size: s for p, s in grid.items() if (p.row, p.num_labels) == (row, num_labels)}.get(train_size)
    curve = {
        p.train_size: s for p, s in grid.items() if (p.row, p.num_labels) == (other, num_labels) and p.train_size > 0
    }
    if here is None or len(curve) < LEAST_SIZES:
        missing = f"{row} has no answers there" if here is None else f"{other} has {len(curve)} training sizes"
        return NotComparable(f"{missing}; equivalence needs {LEAST_SIZES} sizes or more to compare with")
    sizes = sorted(curve)
    matched = _common(here, [curve[size] for size in sizes], untrained=train_size == 0)
    if matched is None:
        return NotComparable(f"{row} and {other} have no seed with the same test examples at all of these sizes")
    mine, theirs = matched
    target, levels = _accuracies(mine, draws), np.stack([_accuracies(seeds, draws) for seeds in theirs], axis=1)
    drawn = np.asarray([_crossing(one, per_size, sizes) for one, per_size in zip(target, levels, strict=True)])
    # the first line is the data as they are, the others are draws
    low, high = np.quantile(drawn[1:], [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return Equivalence(
        row=row,
        train_size=train_size,
        other=other,
        estimate=float(drawn[0]),
        low=min(float(low), float(drawn[0])),
        high=max(float(high), float(drawn[0])),
        level=level,
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
    mine: Mapping[int, Answers] = {seed: whole[0].a[seed] for seed in sorted(common)}
    return mine, [{seed: both.b[seed] for seed in sorted(common)} for both in whole]


def _accuracies(seeds: BySeed, draws: Draws) -> Values:
    """Mean accuracy over seeds: of the data as they are, then of each draw."""
    order = sorted(seeds)
    seen = np.mean([seeds[seed].right.mean() for seed in order])
    drawn = np.stack([accuracy(seeds[seed], draws.examples(seeds[seed].test_set)) for seed in order], axis=1)
    return np.concatenate([[seen], (drawn * draws.seeds(order)).sum(axis=1)])


def _crossing(target: float, accuracies: NDArray[np.float64], sizes: Sequence[int]) -> float:
    """The size at which the rising curve through `accuracies` gets to `target`: linear in log n.

    The smallest size where it is there already, infinite where it never gets there.
    """
    rising = isotonic_regression(accuracies).x
    above = int(np.searchsorted(rising, target - 1e-12))
    if above == 0:
        return float(sizes[0])
    if above == len(sizes):
        return MORE
    part = (target - rising[above - 1]) / (rising[above] - rising[above - 1])
    steps = np.log(np.asarray(sizes[above - 1 : above + 1], dtype=np.float64))
    return float(np.exp(steps[0] + part * (steps[1] - steps[0])))
