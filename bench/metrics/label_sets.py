"""Predictions where an example may have several labels or none: the same questions, of label by label."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.metrics.labelled import Codes, LabelledPredictions, Values

USUAL_THRESHOLD = 0.5
"""A label is given to an example whose probability of it is this or more, unless another threshold was found."""
LEAST = float(np.finfo(np.float64).eps)
"""What a probability of 0 counts as in a logarithm, and what one of 1 is below 1."""


@dataclass(frozen=True, eq=False)
class LabelSetPredictions(LabelledPredictions):
    """Predicted and true labels of examples that have any number of them; `labels` and `predicted` are 1 for each label
    that an example has, shape (examples, labels)."""

    @classmethod
    def of_probabilities(cls, probabilities: Values, labels: Sequence[int] | Codes) -> "LabelSetPredictions":
        """Each label with a probability of `USUAL_THRESHOLD` or more is predicted."""
        true = np.asarray(labels).reshape(probabilities.shape)
        return cls(true, (probabilities >= USUAL_THRESHOLD).astype(np.int8), probabilities.shape[1], probabilities)

    @cached_property
    def has(self) -> NDArray[np.bool_]:
        """Whether an example has a label: shape (examples, labels)."""
        return self.labels.astype(bool)

    @cached_property
    def given(self) -> NDArray[np.bool_]:
        """Whether an example is predicted to have a label: shape (examples, labels)."""
        return self.predicted.astype(bool)

    @cached_property
    def correct(self) -> Values:
        """1 where exactly the true labels are predicted, 0 elsewhere: shape (examples,)."""
        return (self.has == self.given).all(axis=1).astype(np.float64)

    @cached_property
    def present(self) -> Codes:
        """The labels that an example has, in rising order."""
        return np.flatnonzero(self.has.any(axis=0))

    @cached_property
    def one_hot(self) -> Values:
        """1 at each true label, 0 elsewhere: shape (examples, labels)."""
        return self.has.astype(np.float64)

    @cached_property
    def is_true(self) -> NDArray[np.bool_]:
        """Whether it is one of an example's true labels, for each that an example has: shape (examples, present)."""
        return self.has[:, self.present]

    @cached_property
    def is_predicted(self) -> NDArray[np.bool_]:
        """Whether it is one of an example's predicted labels, likewise."""
        return self.given[:, self.present]

    @cached_property
    def cross_entropies(self) -> Values:
        """Of each example: the mean over labels of the binary cross-entropy in nats."""
        assert self.probabilities is not None
        found = np.clip(self.probabilities, LEAST, 1 - LEAST)
        of_labels = np.where(self.has, -np.log(found), -np.log1p(-found))
        return np.asarray(of_labels.mean(axis=1), dtype=np.float64)

    @property
    def mean_cross_entropy(self) -> float:
        """The mean of `cross_entropies`."""
        return float(self.cross_entropies.mean())
