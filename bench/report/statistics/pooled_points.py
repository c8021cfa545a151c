"""Many points that are each tested for a change, with the seeds' mean square pooled over points.

Two or three seeds say little of how much seeds differ, and of many points some have seeds that agree by chance: by
their own seeds alone, a page of 48 points at which nothing changed would name one in a third of all cases, though p is
corrected. So the seeds' mean square is that of all points of the row, or the point's own where that is larger; and
where the row has few seeds in all (`FEW`), it is not below that of all points.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from scipy import special

from bench.report.statistics.intervals import Sample
from bench.report.statistics.variance import MeanSquares

FEW = 6
"""Degrees of freedom of a row's seeds; with fewer they are not relied on alone."""
Name = TypeVar("Name", bound=Hashable)


def pooled_p(rows: Sequence[Mapping[Name, Sample]]) -> dict[Name, float]:
    """The two-sided p of each point for a mean difference of 0, from the differences at the points of each row.

    Points of one seed, of test sets that differ between seeds, and those at which all differences are the same are
    left out, and say nothing of the others.
    """
    squares = [{name: sample.squares for name, sample in row.items() if _is_usable(sample)} for row in rows]
    everywhere = _pool([own for row in squares for own in row.values()])
    p: dict[Name, float] = {}
    for row, found in zip(rows, squares, strict=True):
        pool = _pool(list(found.values()))
        if pool.df < FEW and everywhere.variance > pool.variance:
            pool = everywhere
        p |= {name: _p(row[name].mean, own, pool) for name, own in found.items()}
    return p


def _is_usable(sample: Sample) -> bool:
    return sample.crossed and len(sample.values) > 1 and not sample.is_constant


@dataclass(frozen=True, slots=True)
class Pool:
    """How much the mean over test examples differs between seeds, of several points."""

    variance: float
    df: int


def _pool(points: Sequence[MeanSquares]) -> Pool:
    df = sum(own.num_seeds - 1 for own in points)
    squares = sum((own.num_seeds - 1) * own.seeds / own.num_examples for own in points)
    return Pool(squares / max(df, 1), df)


def _p(mean: float, own: MeanSquares, pool: Pool) -> float:
    """By Student's t."""
    shared = replace(own, seeds=max(own.num_examples * pool.variance, own.seeds), seeds_df=pool.df)
    return float(2 * special.stdtr(shared.df, -abs(mean) / shared.standard_error))
