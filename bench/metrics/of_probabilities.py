"""Metrics of probabilities.

Areas under curves are taken from one draw that has every example once: that is ten times as quick as scikit-learn's
functions, which tests compare them with, and a cell is scored up to six times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.metrics.labelled import LabelledPredictions, Values, Weights


def loss(predictions: LabelledPredictions) -> float:
    """The mean cross-entropy in nats; a probability of 0 counts as the least above it, so that it is finite. Of several
    labels it is the mean over them, too."""
    return predictions.mean_cross_entropy


def losses(predictions: LabelledPredictions) -> Values:
    """Of each example."""
    return predictions.cross_entropies


def brier(predictions: LabelledPredictions) -> float:
    """The mean over examples of the squared distance to the one-hot true label: from 0 to 2 (Brier 1950).

    With two labels it is twice what scikit-learn's `brier_score_loss` gives, which looks at one of them.
    """
    from sklearn.metrics import mean_squared_error

    return float(mean_squared_error(predictions.one_hot, _given(predictions), multioutput="raw_values").sum())


def squared_distances(predictions: LabelledPredictions) -> Values:
    """Of each example's probabilities to its one-hot true label."""
    import numpy as np

    return np.asarray(((_given(predictions) - predictions.one_hot) ** 2).sum(axis=1))


def roc_auc(predictions: LabelledPredictions) -> float | None:
    """The area under the ROC curve of each label against the rest, and of these the mean.

    Over the labels that have an example; None where all examples have one label.
    """
    return _known(roc_aucs(predictions, predictions.once))


def roc_aucs(predictions: LabelledPredictions, weights: Weights) -> Values:
    """Of each draw, over the labels that it has an example of, and one of another label."""
    import numpy as np

    found = []
    for positives, negatives in _by_threshold(predictions, weights):
        # pairs that are in order, where an equal probability counts half
        below = negatives.sum(axis=1, keepdims=True) - np.cumsum(negatives, axis=1)
        pairs = positives.sum(axis=1) * negatives.sum(axis=1)
        ordered = (positives * (below + negatives / 2)).sum(axis=1)
        found.append(np.divide(ordered, pairs, out=np.full_like(pairs, np.nan), where=pairs > 0))
    return _mean_of_known(np.stack(found, axis=1))


def average_precision(predictions: LabelledPredictions) -> float | None:
    """The mean precision over the recalls of each label against the rest, and of these the mean.

    Over the labels that have an example; None where all examples have one label.
    """
    return _known(average_precisions(predictions, predictions.once))


def average_precisions(predictions: LabelledPredictions, weights: Weights) -> Values:
    """Of each draw, over the labels that it has an example of, and one of another label."""
    import numpy as np

    found = []
    for positives, negatives in _by_threshold(predictions, weights):
        above = np.cumsum(positives, axis=1)
        shown = above + np.cumsum(negatives, axis=1)
        precision = np.divide(above, shown, out=np.zeros_like(above), where=shown > 0)
        total = positives.sum(axis=1)
        is_known = (total > 0) & (negatives.sum(axis=1) > 0)
        summed = (positives * precision).sum(axis=1)
        found.append(np.divide(summed, total, out=np.full_like(total, np.nan), where=is_known))
    return _mean_of_known(np.stack(found, axis=1))


def _by_threshold(predictions: LabelledPredictions, weights: Weights) -> Iterator[tuple[Values, Values]]:
    """For each label with an example: the weight of its examples and of the others at each probability, from the
    highest down, shape draws x different probabilities."""
    import numpy as np

    probabilities = _given(predictions)
    for place, label in enumerate(predictions.present):
        scores = probabilities[:, label]
        order = np.argsort(-scores, kind="stable")
        starts = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
        drawn = weights[:, order].astype(np.float64)
        of_label = drawn * predictions.is_true[order, place]
        positives = np.add.reduceat(of_label, starts, axis=1)
        yield positives, np.add.reduceat(drawn, starts, axis=1) - positives


def _known(values: Values) -> float | None:
    """The only value; None where it is not defined."""
    import math

    return None if math.isnan(value := float(values[0])) else value


def _mean_of_known(values: Values) -> Values:
    """The mean over labels (draws x labels) of those that a draw defines; NaN where it defines none."""
    import numpy as np

    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _given(predictions: LabelledPredictions) -> Values:
    assert predictions.probabilities is not None
    return predictions.probabilities
