"""Thresholds of labels (`training.thresholds=validation`): a weight for each label's probability, found on validation.

The label of the greatest weighted probability is decided for, as in the threshold-moving of Zhou & Liu 2006 (Training
cost-sensitive neural networks with methods addressing the class imbalance problem); here the weights come from a metric
and no costs are given. Of two labels that is one threshold: to maximize F1 it lies at half the best F1 where
probabilities are calibrated, and not at 0.5 (Lipton, Elkan & Naryanaswamy 2014, Optimal thresholding of classifiers to
maximize F1 measure).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.cell import Cell
from bench.config.thresholds import threshold_metric
from bench.data.examples import single_labels
from bench.data.split import Splits
from bench.kind import SINGLE_LABEL
from bench.methods.fitted import Fitted, Predicted, Probabilities, Saveable
from bench.metrics.labelled import LabelledPredictions
from bench.metrics.of_counts import LabelCounts

Weights = NDArray[np.float64]
"""Shape (labels,): by what each label's probability is multiplied."""
Score = Callable[[LabelCounts], NDArray[np.float64]]
"""A metric of label counts, `Metric.by_counts`; higher is better."""

MAX_WEIGHT = 1000.0
"""Weights lie between its reciprocal and it."""
MAX_ROUNDS = 5
"""Over all labels; the search ends earlier where a round has no gain."""
GAIN = 1e-9
"""What is less is no gain: two orders of the same sum may differ by it."""
GAP = 1e-9
"""Two cut points that are closer, relatively, are one: no weight is put between them."""
OUTSIDE = 4.0
"""How far beyond the outermost cut points weights are looked for, as a factor."""


def weighted(probabilities: Probabilities, weights: Sequence[float] | Weights) -> Probabilities:
    """`probabilities` (examples x labels) times the labels' weights, each row divided by its sum."""
    products: Probabilities = probabilities * np.asarray(weights, dtype=np.float64)
    return products / products.sum(axis=1, keepdims=True)


def find_thresholds(cell: Cell, splits: Splits, fitted: Fitted, validation: Predicted | None) -> Weights | None:
    """The weights of labels that `cell` asks for, by what was predicted for its validation examples; None where it asks
    for none. They are put among the choices of `fitted`, and kept with its model."""
    metric = threshold_metric(cell.training or cell.approach, SINGLE_LABEL)
    if metric is None:
        return None
    assert metric.by_counts is not None
    assert isinstance(validation, np.ndarray)
    labels = single_labels(splits.validation.labels)
    weights = label_weights(validation, labels, metric.by_counts)
    fitted.summary.choices["thresholds"] = {
        "metric": metric.name,
        "validation_without": metric.of(LabelledPredictions.of_probabilities(validation, labels)),
        "label_weights": dict(zip(splits.labels, weights.tolist(), strict=True)),
    }
    if isinstance(fitted, Saveable):
        fitted.kept = replace(fitted.kept, label_weights=tuple(weights.tolist()))
    return weights


def label_weights(probabilities: Probabilities, labels: Sequence[int], score: Score) -> Weights:
    """The weights by which examples with these probabilities (examples x labels) and label indices score best.

    One label after the other, the rarest first, gets the best weight for those of the others, until none gains: of all
    cut points, so that for two labels none is better within the bounds. Where several are as good, it is the one that
    changes least. A label without examples keeps 1, and so do all where nothing is gained: never is the score lower.
    """
    search = _Search(probabilities, np.asarray(labels), score)
    order = [int(label) for label in np.argsort(search.support, kind="stable") if search.support[label]]
    weights = np.ones(len(search.support))
    best = search.scored(weights)
    for _ in range(MAX_ROUNDS):
        before = best
        for label in order:
            changed = weights.copy()
            changed[label] = search.best_weight(weights, label)
            found = search.scored(changed)
            if found > best + GAIN:
                weights, best = changed, found
        if best == before:
            break
    return weights


@dataclass(frozen=True, eq=False)
class _Search:
    """Examples with their probabilities (examples x labels) and true labels (examples,), and what is searched for."""

    probabilities: Probabilities
    true: NDArray[np.int64]
    score: Score

    @cached_property
    def support(self) -> NDArray[np.float64]:
        """Examples of each label."""
        return np.bincount(self.true, minlength=self.probabilities.shape[1]).astype(np.float64)

    def scored(self, weights: Weights) -> float:
        """The metric with these weights; -inf where it is not defined."""
        predicted = (self.probabilities * weights).argmax(axis=1)
        correct, each = (
            np.bincount(some, minlength=len(weights)).astype(np.float64)[None]
            for some in (predicted[predicted == self.true], predicted)
        )
        (value,) = self.score(LabelCounts(correct, each, self.support))
        return float(np.nan_to_num(value, nan=-np.inf))

    def best_weight(self, weights: Weights, label: int) -> float:
        """The best weight of one label, those of the others being what they are."""
        scores = self.probabilities * weights
        own = scores[:, label].copy()
        scores[:, label] = -1
        rivals = scores.argmax(axis=1)
        with np.errstate(divide="ignore"):
            cuts = scores.max(axis=1) / own  # an example is taken for the label by a factor above its cut
        order = np.argsort(cuts, kind="stable")
        cuts, rivals, true = cuts[order], rivals[order], self.true[order]
        factors = _between(cuts)
        factors = factors[(factors * weights[label] >= 1 / MAX_WEIGHT) & (factors * weights[label] <= MAX_WEIGHT)]
        taken = np.searchsorted(cuts, factors)
        rival_of = np.eye(len(weights))[rivals]
        predicted, correct = _left(rival_of)[taken], _left(rival_of * (rivals == true)[:, None])[taken]
        predicted[:, label], correct[:, label] = taken, np.append(0, np.cumsum(true == label))[taken]
        values = np.nan_to_num(self.score(LabelCounts(correct, predicted, self.support)), nan=-np.inf)
        best = np.flatnonzero(values >= values.max() - GAIN)
        return float(weights[label] * factors[best[np.abs(np.log(factors[best])).argmin()]])


def _left(counted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over all rows but the first 0, 1, 2, ...: one row more than `counted` (examples x labels)."""
    taken = np.concatenate([np.zeros((1, counted.shape[1])), np.cumsum(counted, axis=0)])
    left: NDArray[np.float64] = taken[-1] - taken
    return left


def _between(cuts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors: 1, one between each two neighbours of rising `cuts`, and one beyond either end."""
    known = cuts[np.isfinite(cuts) & (cuts > 0)]
    if not len(known):
        return np.ones(1)
    edges = np.concatenate([[known[0] / OUTSIDE], known, [known[-1] * OUTSIDE]])
    low, high = edges[:-1], edges[1:]
    apart = high > low * (1 + GAP)
    return np.append(1.0, np.sqrt(low[apart]) * np.sqrt(high[apart]))
