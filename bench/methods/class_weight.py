"""Weights of labels, and examples that are drawn again, by which training makes up for unequal labels.

Epochs of gradient training are drawn in `bench.methods.equal_labels`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.config.class_weight import ClassWeight
from bench.data.examples import Target

Weights = NDArray[np.float64]
"""Shape (labels,): what an example of each label counts in the loss. Where an example may have several labels, shape
(labels, 2): what an example without and with a label counts in that label's loss."""


def label_weights(labels: Sequence[Target], num_labels: int, how: ClassWeight) -> Weights | None:
    """What an example of each label counts, of training examples with these label indices; None where all count 1.

    Of n examples with K labels, n_k of label k: `balanced` is n / (K n_k), which is scikit-learn's
    `class_weight='balanced'`, and the weighting of King & Zeng 2001 (Logistic regression in rare events data, sec. 4.2)
    to equal shares; `sqrt` is its square root, scaled. The mean over the examples is 1 with both, so that learning
    rates and regularisation mean the same. A label without an example has 1. Where examples may have several labels,
    each label is weighted against the rest, as a task of two.
    """
    if how not in ("balanced", "sqrt"):
        return None
    of = np.asarray(labels, dtype=np.int64)
    if of.ndim == 2:
        pairs = [label_weights(has.tolist(), 2, how) for has in of.T]
        return np.stack([pair for pair in pairs if pair is not None])
    counts = np.bincount(of, minlength=num_labels)
    known = counts > 0
    weights = np.ones(num_labels)
    weights[known] = len(labels) / (known.sum() * counts[known])
    if how == "sqrt":
        weights[known] = np.sqrt(weights[known])
        weights[known] *= len(labels) / (weights * counts).sum()
    return weights


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What a classifier of scikit-learn is fitted on."""

    features: Any
    """Shape (examples, features), dense or sparse."""
    labels: Any
    """Label indices; or 1 for each label that an example has, an array of the shape (examples, labels)."""
    class_weight: dict[int, float] | None
    """scikit-learn's option of that name."""
    of_labels: Weights | None = None
    """Where an example may have several labels: their weights, shape (labels, 2)."""

    @property
    def is_several(self) -> bool:
        """Whether an example may have several labels or none."""
        return isinstance(self.labels, np.ndarray)

    @property
    def sample_weight(self) -> NDArray[np.float64] | None:
        """What each example counts, shape (examples,), for classifiers without `class_weight`."""
        return None if self.class_weight is None else np.asarray([self.class_weight[label] for label in self.labels])


def training_set(features: Any, labels: Sequence[Target], how: ClassWeight, *, seed: int) -> TrainingSet:
    """The examples as `how` has them: with weights, or those of rarer labels drawn again by `seed`."""
    of = np.asarray(labels)
    if of.ndim == 2:
        return TrainingSet(features, of, None, label_weights(labels, of.shape[1], how))
    if how == "oversample":
        rows = oversampled(of, seed)
        return TrainingSet(features[rows], of[rows].tolist(), None)
    weights = label_weights(labels, int(of.max()) + 1, how)
    return TrainingSet(features, labels, None if weights is None else dict(enumerate(weights.tolist())))


def oversampled(labels: Sequence[int] | NDArray[np.integer], seed: int) -> NDArray[np.int64]:
    """Rows of all examples, then of rarer labels' again, until each label has as many as the most frequent one.

    Those that come again are drawn with replacement, by `seed`.
    """
    draw, of = np.random.default_rng(seed), np.asarray(labels)
    names, counts = np.unique(of, return_counts=True)
    again = [
        draw.choice(np.flatnonzero(of == label), counts.max() - count)
        for label, count in zip(names, counts, strict=True)
    ]
    return np.concatenate([np.arange(len(of)), *again])
