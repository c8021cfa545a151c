"""The metric that a report's answer goes by, and each test example's part in it.

All tests and intervals of paired rows are of means over test examples. Accuracy is one: of right and wrong answers.
Another metric of predicted labels is made one by influence values: what the metric is, and how it would change with an
example's weight, per example. Their mean is the metric, and the variance of their mean is the metric's to first order
(the infinitesimal jackknife; Efron 1982, The jackknife, the bootstrap and other resampling plans, ch. 6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.metrics.deciding import AUTO
from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.labelled import LabelledPredictions, Values
from bench.metrics.metric import Metric
from bench.metrics.of_counts import LabelCounts
from bench.metrics.table import ACCURACY, BY_KIND, COMPLEMENTS, METRICS, MULTI_LABEL_METRICS
from bench.report.statistics.correctness import BySeed, Grid, TestPredictions, TestSet
from bench.report.statistics.jackknife import left_out
from bench.report.statistics.metrics import TEST

FOR_UNEQUAL = "macro_f1"
"""What `AUTO` is where labels are unequal."""
UNEQUAL = 3
"""How many times as frequent as the rarest label the most frequent one of a test set is then, at least."""
NATURAL = "natural"
"""The split whose test set is as unequal as the data are."""
OTHER_THAN: Mapping[Kind, str] = {SINGLE_LABEL: "texts with one label each", MULTI_LABEL: "texts with several labels"}
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


def deciding(asked: str, answers: Grid, splits: Iterable[str | None], kind: Kind | None = None) -> Deciding:
    """The metric that is `asked` for, or that `AUTO` stands for on test sets that were drawn by `splits`.

    One that examples of this `kind` (null: that of the answers) do not have is `AUTO` for them: a report may have data
    sets of both kinds.
    """
    kind = kind or kind_of(answers)
    if asked in (metrics := BY_KIND[kind]) and asked in COMPLEMENTS:
        return Deciding(COMPLEMENTS[asked], f"as was asked for (metric={asked}): the share of labels that are right")
    if asked in metrics:
        return Deciding(metrics[asked], f"as was asked for (metric={asked})")
    chosen = _of_label_sets() if kind == MULTI_LABEL else _of_single_labels(answers, splits)
    if asked == AUTO:
        return chosen
    return replace(chosen, reason=f"{chosen.reason} (metric={asked} is not for {OTHER_THAN[kind]})")


def kind_of(answers: Grid) -> Kind:
    """Whether the examples that were answered may have several labels."""
    several = any(each.test_set.has_several for seeds in answers.values() for each in seeds.values())
    return MULTI_LABEL if several else SINGLE_LABEL


def _of_label_sets() -> Deciding:
    """Macro F1, as thresholds are found by it (`bench.config.thresholds`), and as texts with several labels are mostly
    compared (GoEmotions and LexGLUE, say): some labels are always rare, and micro F1 hardly knows of them. That all
    labels of a text be right is too much to ask, and tells little of models that seldom do it."""
    return Deciding(
        MULTI_LABEL_METRICS[FOR_UNEQUAL],
        "in which each label counts alike, rare ones too; metric=micro_f1 counts each label of a text alike, "
        "metric=samples_f1 each text",
    )


def _of_single_labels(answers: Grid, splits: Iterable[str | None]) -> Deciding:
    """Accuracy, or macro F1 where labels are unequal and `split=natural` leaves them so."""
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
    """Examples by label that has any, the most frequent first."""
    counts = zip(test_set.names, map(int, test_set.counts), strict=True)
    return sorted(((name, count) for name, count in counts if count), key=lambda pair: -pair[1])


def by_metric(grid: Grid, metric: Metric) -> Grid:
    """The same answers, whose `values` are of `metric`."""
    if metric.name == ACCURACY:
        return grid
    return {
        point: {seed: _by_metric(answers, metric) for seed, answers in seeds.items()} for point, seeds in grid.items()
    }


def _by_metric(answers: TestPredictions, metric: Metric) -> TestPredictions:
    predictions = answers.labelled
    one = left_out(predictions, metric) if isinstance(predictions, LabelSetPredictions) else None
    if one is not None:
        return replace(answers, metric=metric.name, influence=one.parts, edges=one.edges)
    return replace(answers, metric=metric.name, influence=influence_values(predictions, metric))


def has_parts(seeds: BySeed, metric: Metric) -> bool:
    """Whether intervals of `metric` are those of parts of examples, as of one that decides, and not drawn.

    So it is of examples with several labels: draws without a rare label are of other labels, and percentiles of one
    seed cover macro F1 in as few as 76 %, average precision in none. The range of the metric ends at 0 and 1.
    """
    if (metric.low, metric.high) != (0, 1):
        return False
    return all(answers.test_set.has_several and _defines(answers, metric) for answers in seeds.values())


def _defines(answers: TestPredictions, metric: Metric) -> bool:
    """Whether answers define the metric."""
    return metric.of(answers.labelled) is not None


def influence_values(predictions: LabelledPredictions, metric: Metric) -> Values:
    """A value for each test example, shape (examples,), whose mean is `metric` of the predictions.

    Of a mean over examples these are what it is the mean of. Else it is found by weighing examples a little more and
    less: those of one true and one predicted label together, for they have one value; of several labels, which are of
    too many kinds, by what an example adds to the counts of each label, of which the metric is a function. A mean over
    such labels is found by leaving out each example (`jackknife`).
    """
    if metric.by_example is not None:
        return metric.by_example(predictions)
    if isinstance(predictions, LabelSetPredictions):
        one = left_out(predictions, metric)
        return _of_counts(predictions, metric) if one is None else one.parts
    true, predicted = np.asarray(predictions.labels), np.asarray(predictions.predicted)
    pairs, of, counts = np.unique(np.stack([true, predicted], axis=1), axis=0, return_inverse=True, return_counts=True)
    cells = LabelledPredictions(pairs[:, 0], pairs[:, 1], predictions.num_labels)
    once = counts.astype(np.float64)[None]
    step = STEP * np.eye(len(pairs))
    slope = (metric.drawn(cells, once + step) - metric.drawn(cells, once - step)) / (2 * STEP)
    values: Values = (metric.drawn(cells, once)[0] + len(true) * slope)[of.ravel()]
    return values


def _of_counts(predictions: LabelSetPredictions, metric: Metric) -> Values:
    """The metric, and its slope in the examples of each label that are found, called so, and have it."""
    assert metric.by_counts is not None
    added = [predictions.has & predictions.given, predictions.given, predictions.has]
    counts = np.stack([each.sum(axis=0, dtype=np.float64) for each in added])
    values = np.full(len(predictions.labels), float(metric.by_counts(_counts_of(counts))[0]))
    for which, label in zip(*np.nonzero(counts), strict=True):  # what no example has adds nothing
        step = np.zeros_like(counts)
        step[which, label] = STEP
        up, down = (float(metric.by_counts(_counts_of(counts + way * step))[0]) for way in (1, -1))
        values += len(values) * (up - down) / (2 * STEP) * added[which][:, label]
    return values


def _counts_of(counts: Values) -> LabelCounts:
    """Of one set of predictions; `counts` are lines of found, predicted and true examples by label."""
    return LabelCounts(counts[:1], counts[1:2], counts[2])
