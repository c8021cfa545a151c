"""Metrics of predicted labels, which answers without probabilities have too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.metrics.labelled import LabelledPredictions, Values, Weights


def accuracy(predictions: LabelledPredictions) -> float:
    """The share of correct predictions."""
    return float(predictions.correct.mean())


def correct(predictions: LabelledPredictions) -> Values:
    """1 where a prediction is correct, 0 elsewhere."""
    return predictions.correct


def balanced_accuracy(predictions: LabelledPredictions) -> float:
    """The mean recall of the labels that have an example (scikit-learn's `balanced_accuracy_score`)."""
    _, recall, _, _ = predictions.per_label
    return float(recall[predictions.present].mean())


def balanced_accuracies(predictions: LabelledPredictions, weights: Weights) -> Values:
    """Of each draw, over the labels that it has."""
    import numpy as np

    from bench.metrics.labelled import weighted

    is_true = predictions.is_true
    both, examples = weighted(weights, is_true & predictions.is_predicted, is_true)
    recalls = np.divide(both, examples, out=np.full_like(both, np.nan), where=examples > 0)
    return np.asarray(np.nanmean(recalls, axis=1))


def macro_f1(predictions: LabelledPredictions) -> float:
    """The mean F1 of the labels that have an example: what can't be measured is no zero."""
    _, _, f1, _ = predictions.per_label
    return float(f1[predictions.present].mean())


def macro_f1s(predictions: LabelledPredictions, weights: Weights) -> Values:
    """The mean over labels of 2 TP / (true + predicted) in each draw.

    A label that a draw has neither as true nor as predicted is left out of that draw's mean.
    """
    import numpy as np

    from bench.metrics.labelled import weighted

    return np.asarray(np.nanmean(_f1s(*weighted(weights, *_of_f1(predictions))), axis=1))


def weighted_f1(predictions: LabelledPredictions) -> float:
    """The mean F1 over labels, weighted by their examples."""
    import numpy as np

    _, _, f1, support = predictions.per_label
    return float(np.average(f1, weights=support))


def weighted_f1s(predictions: LabelledPredictions, weights: Weights) -> Values:
    """Of each draw, by the examples that it has."""
    import numpy as np

    from bench.metrics.labelled import weighted

    both, either, examples = weighted(weights, *_of_f1(predictions), predictions.is_true)
    f1 = _f1s(both, either)
    return np.asarray(np.nansum(f1 * examples, axis=1) / examples.sum(axis=1))


def _of_f1(predictions: LabelledPredictions) -> tuple[NDArray[np.bool_], NDArray[np.int8]]:
    """Whether an example counts for a label's F1, and how often against it: both examples x labels."""
    import numpy as np

    is_true, is_predicted = predictions.is_true, predictions.is_predicted
    return is_true & is_predicted, is_true.astype(np.int8) + is_predicted.astype(np.int8)


def _f1s(both: Values, either: Values) -> Values:
    """F1 by draw and label, NaN where a draw has nothing of a label."""
    import numpy as np

    return np.divide(2 * both, either, out=np.full_like(both, np.nan), where=either > 0)


def matthews_corrcoef(predictions: LabelledPredictions) -> float | None:
    """Matthews' correlation of true and predicted labels, for any number of labels (Gorodkin 2004).

    None where all examples have one label. Predictions of one label alone correlate with nothing: 0.
    """
    if len(predictions.present) < 2:
        return None
    return float(matthews_corrcoefs(predictions, predictions.once)[0])


def matthews_corrcoefs(predictions: LabelledPredictions, weights: Weights) -> Values:
    """Of each draw; NaN where it has examples of one label only."""
    import numpy as np

    from bench.metrics.labelled import weighted

    (examples,) = weighted(weights, predictions.is_true)
    answers = np.unique(predictions.predicted)  # also those without an example, and those that are no label
    (predicted,) = weighted(weights, predictions.predicted[:, None] == answers)
    total = examples.sum(axis=1)
    both = np.zeros_like(total)
    for place, label in enumerate(predictions.present):
        both += examples[:, place] * predicted[:, answers == label].sum(axis=1)
    (agreeing,) = (of_draws[:, 0] for of_draws in weighted(weights, predictions.correct[:, None]))
    spread_true = total**2 - (examples**2).sum(axis=1)
    spread_predicted = total**2 - (predicted**2).sum(axis=1)
    spread = np.sqrt(spread_true * spread_predicted)
    found = np.divide(agreeing * total - both, spread, out=np.zeros_like(total), where=spread > 0)
    return np.where(spread_true > 0, found, np.nan)
