"""Metrics that there are only where an example may have several labels or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.metrics.label_sets import LabelSetPredictions
    from bench.metrics.labelled import LabelledPredictions, Values, Weights
    from bench.metrics.of_counts import LabelCounts


def micro_f1(predictions: LabelledPredictions) -> float:
    """F1 of all pairs of an example and a label; 0 where none is predicted rightly."""
    return float(micro_f1s(predictions, predictions.once)[0])


def micro_f1s(predictions: LabelledPredictions, weights: Weights) -> Values:
    """Of each draw: 2 TP / (true + predicted) over all labels; NaN where a draw has no label and none is predicted."""
    import numpy as np

    sets = _sets(predictions)
    both = weights @ (sets.has & sets.given).sum(axis=1).astype(weights.dtype)
    either = weights @ (sets.has.sum(axis=1) + sets.given.sum(axis=1)).astype(weights.dtype)
    both, either = both.astype(np.float64), either.astype(np.float64)
    return np.divide(2 * both, either, out=np.full_like(both, np.nan), where=either > 0)


def micro_f1_of_counts(counts: LabelCounts) -> Values:
    """Of many sets of predictions, shape (sets,)."""
    either = counts.predicted.sum(axis=1) + counts.support.sum()
    found: Values = 2 * counts.correct.sum(axis=1) / either
    return found


def samples_f1(predictions: LabelledPredictions) -> float:
    """The mean over examples of F1 of their labels."""
    return float(samples_f1s(predictions).mean())


def samples_f1s(predictions: LabelledPredictions) -> Values:
    """F1 of each example's labels: 1 where it has none and none is predicted (scikit-learn's with zero_division=1)."""
    import numpy as np

    sets = _sets(predictions)
    both = (sets.has & sets.given).sum(axis=1).astype(np.float64)
    either = (sets.has.sum(axis=1) + sets.given.sum(axis=1)).astype(np.float64)
    return np.divide(2 * both, either, out=np.ones_like(both), where=either > 0)


def hamming_loss(predictions: LabelledPredictions) -> float:
    """The share of pairs of an example and a label that are predicted wrongly."""
    return float(hamming_losses(predictions).mean())


def hamming_losses(predictions: LabelledPredictions) -> Values:
    """Of each example."""
    import numpy as np

    sets = _sets(predictions)
    return np.asarray((sets.has != sets.given).mean(axis=1), dtype=np.float64)


def hamming_accuracy(predictions: LabelledPredictions) -> float:
    """The share of pairs of an example and a label that are predicted rightly."""
    return float(hamming_accuracies(predictions).mean())


def hamming_accuracies(predictions: LabelledPredictions) -> Values:
    """Of each example."""
    right: Values = 1 - hamming_losses(predictions)
    return right


def lrap(predictions: LabelledPredictions) -> float:
    """Label ranking average precision (scikit-learn's `label_ranking_average_precision_score`)."""
    return float(lraps(predictions).mean())


def lraps(predictions: LabelledPredictions) -> Values:
    """Of each example: the mean over its labels of the share of true labels among those that are as probable at least.

    1 for examples with no label, or with all of them.
    """
    import numpy as np
    from scipy.stats import rankdata

    sets = _sets(predictions)
    assert sets.probabilities is not None
    ranks = rankdata(-sets.probabilities, method="max", axis=1)
    # of its true labels alone: the others rank behind them all
    alone = rankdata(np.where(sets.has, -sets.probabilities, np.inf), method="max", axis=1)
    counts = sets.has.sum(axis=1)
    shares = np.where(sets.has, alone / ranks, 0.0).sum(axis=1)
    is_one = (counts == 0) | (counts == sets.num_labels)
    return np.asarray(np.where(is_one, 1.0, shares / np.maximum(counts, 1)), dtype=np.float64)


def _sets(predictions: LabelledPredictions) -> LabelSetPredictions:
    from bench.metrics.label_sets import LabelSetPredictions

    assert isinstance(predictions, LabelSetPredictions)
    return predictions
