"""A linear classifier for each label, where an example may have several labels or none."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator, ClassifierMixin

from bench.methods.class_weight import TrainingSet, Weights

Scores = NDArray[np.float64]
"""Shape (examples, labels): log-odds, once they are calibrated."""


class OneVsRest(ClassifierMixin, BaseEstimator):
    """One plane a label: of what `make` makes, fitted on that label against the rest.

    Logistic regressions, `SGDClassifier` with logistic loss and naive Bayes have log-odds that are linear in the
    features, so that their planes are all that there is to keep.
    """

    coef_: NDArray[np.float64]
    """Shape (labels, features)."""
    intercept_: NDArray[np.float64]
    """Shape (labels,)."""
    classes_: NDArray[np.int64]
    """Indices of the labels."""

    def __init__(self, make: Callable[[], Any] | None = None, weights: Weights | None = None) -> None:
        """`weights`: what an example without and with each label counts, shape (labels, 2); None where all count 1."""
        self.make = make
        self.weights = weights

    def fit(self, features: Any, labels: NDArray[np.integer]) -> Self:
        """Fit one label after the other; `labels` has the shape (examples, labels)."""
        labels = np.asarray(labels)
        planes = [self._plane(features, labels[:, label], label) for label in range(labels.shape[1])]
        self.coef_ = np.stack([coef for coef, _ in planes])
        self.intercept_ = np.asarray([intercept for _, intercept in planes])
        self.classes_ = np.arange(labels.shape[1])
        return self

    def _plane(self, features: Any, has: NDArray[np.integer], label: int) -> tuple[NDArray[np.float64], float]:
        count, total = int(has.sum()), len(has)
        if count in (0, total):  # nothing to tell apart
            return np.zeros(features.shape[1]), float(np.log((count + 0.5) / (total - count + 0.5)))
        assert self.make is not None
        each = None if self.weights is None else self.weights[label][np.asarray(has)]
        fitted = self.make().fit(features, has, sample_weight=each)
        if hasattr(fitted, "coef_"):
            return np.asarray(fitted.coef_[0], dtype=np.float64), float(fitted.intercept_[0])
        without, with_label = fitted.feature_log_prob_
        return np.asarray(with_label - without, dtype=np.float64), 0.0

    def decision_function(self, features: Any) -> Scores:
        """How far on each label's side of its plane examples are."""
        scores: Scores = np.asarray(features @ self.coef_.T) + self.intercept_
        return scores

    def predict_proba(self, features: Any) -> NDArray[np.float64]:
        """The probability of each label, shape (examples, labels); a row need not sum to 1."""
        probabilities: NDArray[np.float64] = expit(self.decision_function(features))
        return probabilities

    def calibrate(self, features: Any, labels: NDArray[np.integer]) -> None:
        """Move and scale each plane so that its distances are log-odds on these examples (`platt`)."""
        scores = self.decision_function(features)
        for label in range(scores.shape[1]):
            slope, offset = platt(scores[:, label], labels[:, label])
            self.coef_[label] *= slope
            self.intercept_[label] = slope * self.intercept_[label] + offset


def platt(scores: NDArray[np.float64], has: NDArray[np.integer]) -> tuple[float, float]:
    """Slope and offset by which `scores` are log-odds of `has`, both of shape (examples,).

    Platt 1999, Probabilistic outputs for support vector machines, with his smoothed targets; the slope is not negative.
    """
    count, total = int(has.sum()), len(has)
    targets = np.where(has, (count + 1) / (count + 2), 1 / (total - count + 2))

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = parameters[0] * scores + parameters[1]
        off = expit(odds) - targets
        value = -(targets * log_expit(odds) + (1 - targets) * log_expit(-odds)).sum()
        return float(value), np.asarray([(off * scores).sum(), off.sum()])

    found = minimize(loss, np.asarray([1.0, 0.0]), jac=True, bounds=[(0.0, None), (None, None)], method="L-BFGS-B")
    slope, offset = found.x
    return float(slope), float(offset)


def classifier_for(train: TrainingSet, make: Callable[[dict[int, float] | None], Any]) -> Any:
    """What is to be fitted on `train`: what `make` makes of its `class_weight`, or one of these for each label."""
    if not train.is_several:
        return make(train.class_weight)
    return OneVsRest(lambda: make(None), train.of_labels)
