"""A metric that nobody has: its entry in the table is all that there is of it."""

from typing import Any

import numpy as np

from bench.metrics.labelled import weighted
from bench.metrics.metric import Metric


def worst_recall(predictions: Any) -> float:
    """The recall of the label that is found worst."""
    return float(predictions.per_label[1][predictions.present].min())


def worst_recalls(predictions: Any, weights: Any) -> Any:
    """Of each draw."""
    both, examples = weighted(weights, predictions.is_true & predictions.is_predicted, predictions.is_true)
    return np.nanmin(both / np.where(examples > 0, examples, np.nan), axis=1)


MADE_UP = Metric(name="worst_recall", label="worst recall", score=worst_recall, by_draw=worst_recalls)
