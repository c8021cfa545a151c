"""All pairs of rows at one point, with the seeds' mean square pooled over rows whose seeds spread alike.

Two or three seeds say little of how much seeds differ: a pair's own mean square has as many degrees of freedom as
there are seeds, less one. Pooled over R rows, as the interaction of rows and seeds, it has R - 1 times as many.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from bench.report.statistics.correctness import BySeed
from bench.report.statistics.variance import MeanSquares, Values

UNLIKE = 0.05
"""Rows whose seeds spread unlike by Bartlett's test at this level are not pooled."""


@dataclass(frozen=True, slots=True)
class PairTest:
    """What is known of the difference of two rows, a less b, in a metric that is a mean of test examples."""

    a: str
    b: str
    difference: float
    error: float
    """Standard error of the difference; 0 where nothing estimates one, for all differences are the same."""
    df: float
    """Degrees of freedom of the error."""
    of_examples: float = 0.0
    """The part of the error's square that the test examples bring: more seeds leave it as it is."""

    @property
    def p(self) -> float:
        """Two-sided, by Student's t, for no difference; nan where there is no error."""
        return float(2 * special.stdtr(self.df, -abs(self.difference) / self.error)) if self.error > 0 else float("nan")

    def p_within(self, margin: float) -> float:
        """One-sided, for a difference of `margin` or more: what is small says that a is ahead by less."""
        return (
            float(special.stdtr(self.df, (self.difference - margin) / self.error)) if self.error > 0 else float("nan")
        )

    @property
    def turned(self) -> "PairTest":
        """The same of b less a."""
        return replace(self, a=self.b, b=self.a, difference=-self.difference)


@dataclass(frozen=True, eq=False)
class Crossed:
    """Rows that have the same seeds on the same test examples."""

    names: tuple[str, ...]
    values: Values
    """Right or wrong: rows x seeds x examples."""

    def tests(self, groups: Sequence[Sequence[int]]) -> Iterator[PairTest]:
        """Of every pair.

        `groups` are the rows (places in `names`) whose seeds' mean square is pooled; a pair of two groups has its own.
        """
        rows, seeds, examples = self.values.shape
        by_seed, by_example = self.values.mean(axis=2), self.values.mean(axis=1)
        total = _squares(self.values.reshape(rows, -1))
        of_seeds, of_examples = examples * _squares(by_seed), seeds * _squares(by_example)
        pooled = {
            row: (place, _interaction(by_seed[list(group)])) for place, group in enumerate(groups) for row in group
        }
        for a in range(rows):
            for b in range(a + 1, rows):
                rest = max(0.0, float(total[a, b] - of_seeds[a, b] - of_examples[a, b]))
                own = MeanSquares(
                    seeds=float(of_seeds[a, b]) / (seeds - 1),
                    examples=float(of_examples[a, b]) / (examples - 1),
                    rest=rest / ((seeds - 1) * (examples - 1)),
                    num_seeds=seeds,
                    num_examples=examples,
                )
                shared = pooled[a][1] if pooled[a][0] == pooled[b][0] else None
                if shared is not None and shared[1]:
                    own = replace(own, seeds=2 * examples * shared[0], seeds_df=shared[1])
                difference = float(by_seed[a].mean() - by_seed[b].mean())
                stays = own.components.examples / examples
                yield PairTest(self.names[a], self.names[b], difference, own.standard_error, own.df, stays)


def _squares(values: Values) -> Values:
    """Of every pair of lines: the sum of squares of their difference about its mean."""
    centred = values - values.mean(axis=1, keepdims=True)
    products = centred @ centred.T
    own = np.diag(products)
    return np.asarray(np.maximum(own[:, None] + own[None, :] - 2 * products, 0.0))


def _interaction(by_seed: Values) -> tuple[float, int]:
    """The variance over seeds of one row about what all rows share, and its degrees of freedom."""
    left = _left(by_seed)
    df = (left.shape[0] - 1) * (left.shape[1] - 1)
    return (float((left**2).sum() / df), df) if df else (0.0, 0)


def _left(by_seed: Values) -> Values:
    """Accuracies, rows x seeds, without the means of rows and of seeds."""
    rows, seeds = by_seed.mean(axis=1, keepdims=True), by_seed.mean(axis=0, keepdims=True)
    return np.asarray(by_seed - rows - seeds + by_seed.mean())


def crossed_rows(rows: Mapping[str, BySeed]) -> list[Crossed]:
    """Rows by their (two or more) seeds and test examples; those that are alone with theirs are left out."""
    found: dict[tuple[object, ...], list[str]] = {}
    for name, seeds in rows.items():
        digests = {answers.test_set.digest for answers in seeds.values()}
        if len(digests) == 1 and len(seeds) > 1:
            found.setdefault((tuple(sorted(seeds)), *digests), []).append(name)
    return [
        Crossed(tuple(names), np.stack([_matrix(rows[name]) for name in names]))
        for names in found.values()
        if len(names) > 1
    ]


def _matrix(seeds: BySeed) -> Values:
    return np.stack([seeds[seed].values for seed in sorted(seeds)])


def like_rows(found: Crossed, pooled: Sequence[bool]) -> list[list[int]]:
    """Groups of rows whose seeds spread alike, largest first; rows that may not be pooled are alone.

    Where Bartlett's test says that a group's rows are unlike, the row without which they are most alike leaves it;
    the rows that left are looked at in the same way.
    """
    means = found.values.mean(axis=2)
    left = [row for row in range(len(found.names)) if pooled[row]]
    groups = [[row] for row in range(len(found.names)) if not pooled[row]]
    rounding = 1 / (12 * found.values.shape[2] ** 2)
    while left:
        group = list(left)
        while len(group) > 2 and _alike(means[group], rounding) < UNLIKE:
            without = {row: _alike(means[[one for one in group if one != row]], rounding) for row in group}
            group.remove(max(without, key=lambda row: without[row]))
        groups.append(group)
        left = [row for row in left if row not in group]
    return sorted(groups, key=len, reverse=True)


def _alike(by_seed: Values, rounding: float) -> float:
    """p of Bartlett's test for equal variances over seeds, about what the rows share.

    `rounding` is added to each variance: accuracies are whole numbers of test examples, so a few of them may be equal.
    """
    rows, seeds = by_seed.shape
    if rows < 2:
        return 1.0
    variances = (_left(by_seed) ** 2).sum(axis=1) / (seeds - 1) + rounding
    df = seeds - 1
    statistic = rows * df * np.log(variances.mean()) - df * np.log(variances).sum()
    correction = 1 + (rows + 1) / (3 * rows * df)
    return float(stats.chi2.sf(statistic / correction, rows - 1))
