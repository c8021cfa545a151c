"""Predictions beside the true labels: what every metric is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.integer]
Values = NDArray[np.float64]
Weights = NDArray[np.floating]
"""How often each draw of a bootstrap has each example: draws x examples."""

NO_LABEL = -1
"""The code of an answer that is none of the labels; it is wrong."""


@dataclass(frozen=True, eq=False)
class LabelledPredictions:
    """Predicted and true labels of the same examples, as indices of the task's labels."""

    labels: Codes
    """True labels, shape (examples,)."""
    predicted: Codes
    """Predicted labels, shape (examples,); `NO_LABEL` for an answer that is none of them."""
    num_labels: int
    """Labels of the task, with examples here or not."""
    probabilities: Values | None = None
    """Shape (examples, labels); None for answers without probabilities."""

    @classmethod
    def of_probabilities(cls, probabilities: Values, labels: Sequence[int] | Codes) -> "LabelledPredictions":
        """The most probable label of each example is its prediction."""
        return cls(np.asarray(labels), probabilities.argmax(axis=1), probabilities.shape[1], probabilities)

    @cached_property
    def correct(self) -> Values:
        """1 where the prediction is correct, 0 elsewhere: shape (examples,)."""
        return (self.predicted == self.labels).astype(np.float64)

    @cached_property
    def present(self) -> Codes:
        """The labels that have an example, in rising order."""
        return np.unique(self.labels)

    @cached_property
    def one_hot(self) -> Values:
        """1 at an example's true label, 0 elsewhere: shape (examples, labels)."""
        return (self.labels[:, None] == np.arange(self.num_labels)).astype(np.float64)

    @cached_property
    def per_label(self) -> tuple[Values, Values, Values, NDArray[np.int64]]:
        """Precision, recall, F1 and number of examples of each label; 0 where nothing was predicted to be it."""
        from sklearn.metrics import precision_recall_fscore_support

        indices = np.arange(self.num_labels)
        found = precision_recall_fscore_support(self.labels, self.predicted, labels=indices, zero_division=0)
        precision, recall, f1, support = found
        return precision, recall, f1, support

    def counts(self, weights: Weights) -> tuple[Values, Values, Values]:
        """Of each draw and label that has an example: examples predicted correctly, examples, and predictions.

        Each has the shape draws x labels.
        """
        true, predicted = self.labels[:, None] == self.present, self.predicted[:, None] == self.present
        indicators = np.hstack([true & predicted, true, predicted]).astype(weights.dtype)
        correct, examples, predictions = np.hsplit((weights @ indicators).astype(np.float64), 3)
        return correct, examples, predictions
