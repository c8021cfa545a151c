"""What every cell answered on its test examples, out of the predictions beside the records.

Test examples are the same for all rows, sizes and seeds of a label count, unless a split redraws them (by size or by
seed): then only what answered the same examples is compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.labelled import NO_LABEL, LabelledPredictions
from bench.metrics.table import ACCURACY
from bench.report.statistics.edges import Edges
from bench.report.statistics.intervals import Sample, Values
from bench.report.statistics.points import Point

Codes = NDArray[np.integer]
"""Labels of examples: an index each, or, where they may have several or none, 0 and 1 by label (examples x labels)."""
OVER_LABELS = frozenset({"macro_f1", "balanced_accuracy"})
"""Metrics in which each label counts alike, however many examples it has."""


@dataclass(frozen=True, eq=False)
class TestSet:
    """Test examples in the order of their ids."""

    __test__ = False  # not one of pytest's classes

    digest: str
    """Of ids, labels and names: the same examples have the same digest."""
    ids: tuple[str, ...]
    labels: Codes
    """True labels, of `names`."""
    names: tuple[str, ...]
    """Label names, sorted."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def has_several(self) -> bool:
        """Whether examples may have several labels or none."""
        return self.labels.ndim == 2

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """Examples of each of `names`."""
        if self.has_several:
            return np.asarray(self.labels.sum(axis=0), dtype=np.intp)
        return np.bincount(self.labels, minlength=len(self.names))

    def places(self, label: int) -> NDArray[np.intp]:
        """The examples that have a label."""
        return np.flatnonzero(self.labels[:, label] if self.has_several else self.labels == label)

    @cached_property
    def guessed(self) -> float:
        """The accuracy of the one answer that is right most often: the most frequent label, or set of labels."""
        if not self.has_several:
            return float(self.counts.max() / len(self))
        _, counts = np.unique(self.labels, axis=0, return_counts=True)
        return float(counts.max() / len(self))

    def said(self, codes: Any) -> str:
        """What labels an example has, or is given, in words."""
        if not self.has_several:
            return self.names[codes]
        return ", ".join(self.names[place] for place in np.flatnonzero(codes)) or "no label"

    def worth(self, metric: str) -> float:
        """How many examples a share of right ones would have that is as uncertain here as `metric`.

        A mean over labels is as uncertain as its rarest ones: K labels with n examples each time are worth
        K² / (1/n + 1/n + ...).
        """
        if metric not in OVER_LABELS:
            return float(len(self))
        counts = self.counts[self.counts > 0]
        return float(len(counts) ** 2 / (1 / counts).sum())


@dataclass(frozen=True, eq=False)
class TestPredictions:
    """What one cell answered on its test set."""

    __test__ = False  # not one of pytest's classes

    test_set: TestSet
    predicted: Codes
    """In the order of the test set; `NO_LABEL` where it is none of the labels."""
    others: Mapping[int, str] = field(default_factory=dict)
    """What was answered where it is none of the labels, by place; nothing where nothing was."""
    probable: LabelledPredictions | None = None
    """The same with probabilities, where somebody has read them."""
    metric: str = ACCURACY
    """The metric that they are compared by."""
    influence: Values | None = None
    """Each example's part in that metric (`deciding.influence_values`); None for accuracy."""
    edges: Edges | None = None
    """What these parts do not show of a mean over labels; None of other metrics."""

    @property
    def labelled(self) -> LabelledPredictions:
        """What metrics are computed from."""
        if self.probable is not None:
            return self.probable
        kind = LabelSetPredictions if self.test_set.has_several else LabelledPredictions
        return kind(self.test_set.labels, self.predicted, len(self.test_set.names))

    @cached_property
    def correct(self) -> Values:
        """1 where the answer is right, 0 elsewhere; of several labels, where it is exactly they."""
        right = self.predicted == self.test_set.labels
        return (right.all(axis=1) if self.test_set.has_several else right).astype(np.float64)

    @property
    def values(self) -> Values:
        """A value for each test example, whose mean is the metric that they are compared by."""
        return self.correct if self.influence is None else self.influence

    def label(self, place: int) -> str:
        """The true label of the example at `place`."""
        return self.test_set.said(self.test_set.labels[place])

    def given(self, place: int) -> str:
        """What was answered there."""
        code = self.predicted[place]
        if not self.test_set.has_several and code == NO_LABEL:
            return self.others.get(place, "no answer")
        return self.test_set.said(code)

    @cached_property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(self.correct.mean())


BySeed = Mapping[int, TestPredictions]
"""What the seeds of one point answered."""
Grid = Mapping[Point, BySeed]
"""Of one data set: what the `ok` cells answered."""


def is_crossed(seeds: BySeed) -> bool:
    """Whether all seeds answered the same test examples."""
    return len({answers.test_set.digest for answers in seeds.values()}) == 1


def sample_of(seeds: BySeed) -> Sample:
    """Correctness of one point (or its part in another metric), seeds in rising order."""
    chosen = [seeds[seed] for seed in sorted(seeds)]
    counted = all(answers.influence is None for answers in chosen)
    worth = min(answers.test_set.worth(answers.metric) for answers in chosen)
    edges = tuple(answers.edges for answers in chosen if answers.edges is not None)
    return Sample(tuple(answers.values for answers in chosen), is_crossed(seeds), counted, worth, edges)


@dataclass(frozen=True, slots=True)
class Paired:
    """Two points' answers brought together: what they have in common, and what that leaves out."""

    a: BySeed
    b: BySeed
    """Of the same seeds as `a`, on the same test examples."""
    only_a: tuple[int, ...]
    """Seeds that b lacks, or that it answered other examples with."""
    only_b: tuple[int, ...]
    stands_for_all: bool
    """Whether one of the two learns nothing, so that its one answer was held against every seed of the other."""
    a_stands: bool = False
    """Whether that is a."""
    both_untrained: bool = False
    """Whether none of the two learns, so that there is nothing that another seed could change."""

    @property
    def decides(self) -> bool:
        """Whether a test of the two may decide: one seed of something that learns knows nothing of other seeds."""
        return len(self.a) > 1 or self.both_untrained

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that both have."""
        return tuple(sorted(self.a))

    @property
    def sample(self) -> Sample:
        """Differences of correctness (or of parts in another metric), a minus b, per seed and test example."""
        values = tuple(self.a[seed].values - self.b[seed].values for seed in self.seeds)
        return Sample(values, is_crossed(self.a), all(self.a[seed].influence is None for seed in self.seeds))


def pair(a: BySeed, b: BySeed, *, a_untrained: bool = False, b_untrained: bool = False) -> Paired | None:
    """The seeds of two points that answered the same test examples; None where there are none.

    An untrained row (training size 0) that has one seed answers as it does whatever the seed is: it is paired with
    every seed of the other row that had the same test examples.
    """
    for_all_a, for_all_b = a_untrained and len(a) == 1, b_untrained and len(b) == 1
    if for_all_a != for_all_b:
        spread, other = (a, b) if for_all_a else (b, a)
        spread = {seed: next(iter(spread.values())) for seed in other}
        a, b = (spread, other) if for_all_a else (other, spread)
    common = [seed for seed in sorted(a) if seed in b and a[seed].test_set.digest == b[seed].test_set.digest]
    if not common:
        return None
    return Paired(
        a={seed: a[seed] for seed in common},
        b={seed: b[seed] for seed in common},
        only_a=tuple(sorted(set(a) - set(common))),
        only_b=tuple(sorted(set(b) - set(common))),
        stands_for_all=for_all_a != for_all_b,
        a_stands=for_all_a and not for_all_b,
        both_untrained=a_untrained and b_untrained,
    )


def rows_at(grid: Grid, num_labels: int, train_size: int) -> dict[str, BySeed]:
    """The rows that have answers at a label count and size; untrained rows (size 0) are at every size."""
    return {
        point.row: seeds
        for point, seeds in grid.items()
        if point.num_labels == num_labels and point.train_size in (train_size, 0) and seeds
    }


def metric_of_answers(rows: Mapping[str, BySeed]) -> str:
    """The metric that rows of answers are compared by."""
    return next((answers.metric for seeds in rows.values() for answers in seeds.values()), ACCURACY)


def untrained_rows(grid: Grid) -> frozenset[str]:
    """The rows that use no training examples."""
    return frozenset(point.row for point in grid if point.train_size == 0)


def places(grid: Grid) -> Iterator[tuple[int, int]]:
    """Label counts and training sizes that trained rows have, in rising order; size 0 where all rows are untrained."""
    trained = {(point.num_labels, point.train_size) for point in grid if point.train_size > 0}
    counts = {labels for labels, _ in trained}
    yield from sorted(trained | {(point.num_labels, 0) for point in grid if point.num_labels not in counts})
