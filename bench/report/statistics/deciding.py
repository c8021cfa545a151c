"""The metric that a report's answer goes by, and each test example's part in it.

All tests and intervals of paired rows are of means over test examples. Accuracy is one: of right and wrong answers.
Another metric of predicted labels is made one by influence values: what the metric is, and how it would change with an
example's weight, per example. Their mean is the metric, and the variance of their mean is the metric's to first order
(the infinitesimal jackknife; Efron 1982, The jackknife, the bootstrap and other resampling plans, ch. 6).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from bench.metrics.deciding import AUTO
from bench.metrics.labelled import LabelledPredictions, Values
from bench.metrics.metric import Metric
from bench.metrics.table import ACCURACY, METRICS
from bench.report.statistics.correctness import Grid, TestSet
from bench.report.statistics.metrics import TEST

FOR_UNEQUAL = "macro_f1"
"""What `AUTO` is where labels are unequal."""
UNEQUAL = 3
"""How many times as frequent as the rarest label the most frequent one of a test set is then, at least."""
NATURAL = "natural"
"""The split whose test set is as unequal as the data are."""
STEP = 1e-4
"""Of a finite difference, as a part of an example."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """The metric that decides on one data set, and why it does."""

    metric: Metric
    reason: str
    """The end of "Rows are compared by accuracy, ..."."""

    @property
    def column(self) -> str:
        """The column of frames that has it."""
        return f"{TEST}{self.metric.name}"


def deciding(asked: str, answers: Grid, splits: Iterable[str | None]) -> Deciding:
    """The metric that is `asked` for, or that `AUTO` stands for on test sets that were drawn by `splits`."""
    if asked != AUTO:
        return Deciding(METRICS[asked], f"as was asked for (metric={asked})")
    if (counts := _most_unequal(answers)) is None:
        return Deciding(METRICS[ACCURACY], "for the test labels are about equally frequent")
    said = ", ".join(f"{count:,} {name}" for name, count in counts)
    if set(splits) != {NATURAL}:
        return Deciding(
            METRICS[ACCURACY], f"the usual metric of this split, though the test labels are unequal ({said})"
        )
    return Deciding(
        METRICS[FOR_UNEQUAL],
        f"for the test labels are unequal ({said}), and accuracy would reward passing over the rare ones; "
        f"metric={ACCURACY} goes by that",
    )


def _most_unequal(answers: Grid) -> list[tuple[str, int]] | None:
    """The most and the least frequent label of the most unequal test set, with counts; None where none is unequal."""
    sets = {each.test_set.digest: each.test_set for seeds in answers.values() for each in seeds.values()}
    found = []
    for test_set in sets.values():
        if is_unequal(test_set):
            counts = _counts(test_set)
            found.append([counts[0], counts[-1]])
    return max(found, key=lambda ends: ends[0][1] / ends[1][1], default=None)


def is_unequal(test_set: TestSet) -> bool:
    """Whether the most frequent label of a test set has `UNEQUAL` times the examples of the rarest, or more."""
    counts = _counts(test_set)
    return len(counts) > 1 and counts[0][1] >= UNEQUAL * counts[-1][1]


def _counts(test_set: TestSet) -> list[tuple[str, int]]:
    """Examples by label, the most frequent first."""
    return Counter(test_set.names[code] for code in test_set.labels).most_common()


def by_metric(grid: Grid, metric: Metric) -> Grid:
    """The same answers, whose `values` are of `metric`."""
    if metric.name == ACCURACY:
        return grid
    return {
        point: {
            seed: replace(answers, metric=metric.name, influence=influence_values(answers.labelled, metric))
            for seed, answers in seeds.items()
        }
        for point, seeds in grid.items()
    }


def influence_values(predictions: LabelledPredictions, metric: Metric) -> Values:
    """A value for each test example, shape (examples,), whose mean is `metric` of the predictions.

    Examples of one true and one predicted label have one value; it is found by weighing them a little more and less.
    """
    true, predicted = np.asarray(predictions.labels), np.asarray(predictions.predicted)
    pairs, of, counts = np.unique(np.stack([true, predicted], axis=1), axis=0, return_inverse=True, return_counts=True)
    cells = LabelledPredictions(pairs[:, 0], pairs[:, 1], predictions.num_labels)
    once = counts.astype(np.float64)[None]
    step = STEP * np.eye(len(pairs))
    slope = (metric.drawn(cells, once + step) - metric.drawn(cells, once - step)) / (2 * STEP)
    values: Values = (metric.drawn(cells, once)[0] + len(true) * slope)[of.ravel()]
    return values
