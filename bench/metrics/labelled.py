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
    def of_counts(
        cls, matrix: Sequence[Sequence[int]], support: Sequence[int]
    ) -> tuple["LabelledPredictions", Weights]:
        """One example for each pair of labels that a confusion matrix (rows: true label) counts, and how often it is.

        `support` has the examples of each label: those that are in no column had an answer that is no label.
        """
        counts = np.asarray(matrix, dtype=np.float64)
        counts = np.column_stack([counts, np.asarray(support) - counts.sum(axis=1)])
        true, predicted = np.nonzero(counts)
        codes = np.where(predicted == len(support), NO_LABEL, predicted)
        return cls(true, codes, len(support)), counts[true, predicted][None]

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
    def once(self) -> Weights:
        """Weights of one draw that has every example once."""
        return np.ones((1, len(self.labels)))

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

    @cached_property
    def cross_entropies(self) -> Values:
        """Of each example, in nats; a probability of 0 counts as the least above it, so that they are finite."""
        assert self.probabilities is not None
        of_true = self.probabilities[np.arange(len(self.labels)), self.labels]
        least = np.finfo(of_true.dtype).eps
        return np.asarray(-np.log(np.clip(of_true, least, 1 - least)), dtype=np.float64)

    @property
    def mean_cross_entropy(self) -> float:
        """In nats, as scikit-learn's `log_loss` has it."""
        from sklearn.metrics import log_loss

        assert self.probabilities is not None
        return float(log_loss(self.labels, self.probabilities, labels=np.arange(self.num_labels)))

    @cached_property
    def is_true(self) -> NDArray[np.bool_]:
        """Whether it is an example's true label, for each that has one: shape (examples, labels present)."""
        return self.labels[:, None] == self.present

    @cached_property
    def is_predicted(self) -> NDArray[np.bool_]:
        """Whether it is an example's predicted label, likewise."""
        return self.predicted[:, None] == self.present


def weighted(weights: Weights, *indicators: NDArray[np.generic]) -> list[Values]:
    """Sums over the examples of each draw (draws x examples): each of `indicators` (examples x labels) as draws x
    labels. One product of matrices for all of them takes a fraction of the time."""
    stacked = np.hstack(indicators).astype(weights.dtype)
    return np.hsplit((weights @ stacked).astype(np.float64), len(indicators))
