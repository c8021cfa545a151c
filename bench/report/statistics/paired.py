"""Comparisons of two rows on the same seeds and test examples."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_effectsize

from bench.report.statistics.correctness import BySeed, Grid, Paired, pair, rows_at, untrained_rows
from bench.report.statistics.intervals import LEVEL, Interval, Sample, difference_interval
from bench.report.statistics.variance import Values

ALPHA = 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Comparison:
    """Row `a` against row `b` on what both answered."""

    a: str
    b: str
    difference: Interval
    """Of accuracy, a minus b."""
    p: float
    """Two-sided, for no difference, of this comparison alone."""
    adjusted_p: float
    """By Holm over the comparisons that were made with it; `p` where it was the only one."""
    test: str
    """`paired_t` (over seeds and examples) or `mcnemar` (exact; one seed, so other seeds may differ)."""
    cohens_h: float
    """Effect size: the difference of the two accuracies after the arcsine transformation; 0.2 is called small, 0.5
    medium, 0.8 large (Cohen, 1988)."""
    accuracy_a: float
    accuracy_b: float
    """On what was compared, which may be less than the row has."""
    paired: Paired
    """What was compared, and the seeds that were left out."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that were compared."""
        return self.paired.seeds

    @property
    def told_apart(self) -> bool:
        """Whether the two differ by more than noise, at the level of the table."""
        return self.adjusted_p < ALPHA

    @property
    def a_is_better(self) -> bool:
        """Whether `a` is better by more than noise."""
        return self.told_apart and self.difference.estimate > 0

    @property
    def b_is_better(self) -> bool:
        """Whether `b` is better by more than noise."""
        return self.told_apart and self.difference.estimate < 0


def compare(a: str, b: str, found: Paired, level: float = LEVEL) -> Comparison:
    """Compare rows named `a` and `b` on `found` (`pair`): McNemar's exact test at one seed, else a paired t-test.

    The t-test's standard error and degrees of freedom are those of the interval, so that both agree.
    """
    accuracy_a, accuracy_b = (
        float(np.mean([answers.accuracy for answers in side.values()])) for side in (found.a, found.b)
    )
    sample = found.sample
    p, test = p_value(sample)
    return Comparison(
        a=a,
        b=b,
        difference=difference_interval(sample, level),
        p=p,
        adjusted_p=p,
        test=test,
        cohens_h=float(proportion_effectsize(accuracy_a, accuracy_b)),
        accuracy_a=accuracy_a,
        accuracy_b=accuracy_b,
        paired=found,
    )


def p_value(sample: Sample) -> tuple[float, str]:
    """The two-sided p of a paired difference's sample, and by which test."""
    if len(sample.values) == 1 or sample.is_constant:
        return _mcnemar(sample), "mcnemar"
    error = sample.error
    return float(2 * special.stdtr(error.df, -abs(sample.mean) / error.value)), "paired_t"


def _mcnemar(sample: Sample) -> float:
    """The exact test on the first seed's differences of -1, 0 and 1 (McNemar, 1947)."""
    values = sample.values[0]
    return mcnemar_p(int((values > 0).sum()), int((values < 0).sum()))


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Two-sided p of McNemar's exact test, from the examples that one side alone has right; the others don't matter."""
    return float(mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue)


def holm(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """`comparisons`, in their order, with p-values adjusted over all of them (Holm, 1979)."""
    made = list(comparisons)
    adjusted = holm_p([comparison.p for comparison in made])
    return [replace(comparison, adjusted_p=float(p)) for comparison, p in zip(made, adjusted, strict=True)]


def holm_p(p_values: Sequence[float]) -> Values:
    """p-values adjusted by Holm's step-down procedure.

    statsmodels' `multipletests` gives the same, and collects garbage at every call: with the records of a report in
    memory that takes longer than everything else here.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


Pairing = Callable[[str, BySeed, str, BySeed], Paired | None]


def pairing(grid: Grid) -> Pairing:
    """How rows of `grid` are paired, by name and answers: knows which rows are untrained."""
    untrained = untrained_rows(grid)

    def paired(a: str, answers_a: BySeed, b: str, answers_b: BySeed) -> Paired | None:
        return pair(answers_a, answers_b, a_untrained=a in untrained, b_untrained=b in untrained)

    return paired


def with_each(name: str, rows: Mapping[str, BySeed], grid: Grid) -> tuple[list[Comparison], list[str]]:
    """Compare `name` with every other one of `rows` at one place, Holm over these comparisons.

    Returns the comparisons (a is `name`), and the rows that have no seed or test examples in common with it.
    """
    paired = pairing(grid)
    found = {other: paired(name, rows[name], other, rows[other]) for other in rows if other != name}
    made = holm(compare(name, other, both) for other, both in found.items() if both is not None)
    return made, [other for other, both in found.items() if both is None]


def against(grid: Grid, opponent: str, places: Iterable[tuple[int, int]]) -> dict[tuple[str, int, int], Comparison]:
    """Every row against `opponent`, by row, label count and size; Holm over the whole table.

    What has nothing in common with the opponent, or where it has no answers, is left out.
    """
    paired = pairing(grid)
    made: dict[tuple[str, int, int], Comparison] = {}
    for labels, size in places:
        rows = rows_at(grid, labels, size)
        if opponent not in rows:
            continue
        for row, seeds in rows.items():
            both = None if row == opponent else paired(row, seeds, opponent, rows[opponent])
            if both is not None:
                made[row, labels, size] = compare(row, opponent, both)
    return dict(zip(made, holm(made.values()), strict=True))


def pairwise(rows: Mapping[str, BySeed], grid: Grid, names: Sequence[str] | None = None) -> list[Comparison]:
    """All pairs of `rows` at one place (or those of `names`), Holm over all of them."""
    chosen = [name for name in rows if names is None or name in names]
    paired = pairing(grid)
    made = []
    for index, a in enumerate(chosen):
        for b in chosen[index + 1 :]:
            both = paired(a, rows[a], b, rows[b])
            if both is not None:
                made.append(compare(a, b, both))
    return holm(made)
