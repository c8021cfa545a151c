"""Comparisons of two rows on the same seeds and test examples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special
from statsmodels.stats.proportion import proportion_effectsize

from bench.metrics.exact import mcnemar_p
from bench.report.statistics.correctness import BySeed, Grid, Paired, pair, untrained_rows
from bench.report.statistics.intervals import LEVEL, Interval, Sample, difference_interval, of_examples
from bench.report.statistics.variance import Values

ALPHA = 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Comparison:
    """Row `a` against row `b` on what both answered."""

    a: str
    b: str
    difference: Interval
    """The difference of accuracy, or of the metric that rows are compared by, a minus b."""
    p: float
    """Two-sided, for no difference, of this comparison alone."""
    adjusted_p: float
    """With the seeds' mean square pooled over the rows of the point, and corrected for all pairs there (Holm,
    `verdicts.Verdicts`); `p` where it was the only one."""
    test: str
    """`paired_t` (over seeds and examples; at one seed of a metric that is no share, over examples) or `mcnemar`
    (exact; one seed, so other seeds may differ)."""
    cohens_h: float
    """Effect size: the difference of the two accuracies after the arcsine transformation; 0.2 is called small, 0.5
    medium, 0.8 large (Cohen, 1988)."""
    accuracy_a: float
    accuracy_b: float
    """Accuracy, or the metric that rows are compared by, on what was compared, which may be less than the row has."""
    paired: Paired
    """What was compared, and the seeds that were left out."""
    planned: bool = False
    """Whether the pair was to be compared before anything was seen, so that `adjusted_p` does not decide."""
    choices: int = 1
    """How many rows the better one was chosen from, by the same answers, as the best: 1 where it was not."""
    chosen_p: float | None = None
    """`p`, corrected for that choice (`chosen.p_of_chosen`); null where there was none."""

    @property
    def decisive_p(self) -> float:
        """The p that the verdict rests on."""
        if not self.planned:
            return self.adjusted_p
        return self.p if self.chosen_p is None else self.chosen_p

    @property
    def turned(self) -> "Comparison":
        """The same of b against a."""
        one, pair = self.difference, self.paired
        return replace(
            self,
            a=self.b,
            b=self.a,
            difference=replace(one, estimate=-one.estimate, low=-one.high, high=-one.low),
            cohens_h=-self.cohens_h,
            accuracy_a=self.accuracy_b,
            accuracy_b=self.accuracy_a,
            paired=replace(
                pair,
                a=pair.b,
                b=pair.a,
                only_a=pair.only_b,
                only_b=pair.only_a,
                a_stands=pair.stands_for_all and not pair.a_stands,
            ),
        )

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that were compared."""
        return self.paired.seeds

    @property
    def is_significant(self) -> bool:
        """Whether the two differ by more than noise. One seed decides nothing, unless neither row learns."""
        return self.paired.decides and self.decisive_p < ALPHA

    @property
    def a_is_better(self) -> bool:
        """Whether `a` is better by more than noise."""
        return self.is_significant and self.difference.estimate > 0

    @property
    def b_is_better(self) -> bool:
        """Whether `b` is better by more than noise."""
        return self.is_significant and self.difference.estimate < 0


def compare(a: str, b: str, found: Paired, level: float = LEVEL) -> Comparison:
    """Compare rows named `a` and `b` on `found` (`pair`): a paired t-test; of accuracy at one seed, and of answers that
    are all alike, McNemar's exact test (`p_value`).

    The t-test's standard error and degrees of freedom are those of the interval, so that both agree.
    """
    accuracy_a, accuracy_b = (
        # a metric that is a mean of parts may come out a rounding above 1, which has no arcsine
        min(float(np.mean([answers.values.mean() for answers in side.values()])), 1.0)
        for side in (found.a, found.b)
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
    one_seed = len(sample.values) == 1
    if (one_seed and sample.counted) or sample.is_constant:
        return _mcnemar(sample), "mcnemar"
    error = of_examples(sample) if one_seed else sample.error
    return float(2 * special.stdtr(error.df, -abs(sample.mean) / error.value)), "paired_t"


def _mcnemar(sample: Sample) -> float:
    """The exact test on the first seed's differences of -1, 0 and 1 (McNemar, 1947)."""
    values = sample.values[0]
    return mcnemar_p(int((values > 0).sum()), int((values < 0).sum()))


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
