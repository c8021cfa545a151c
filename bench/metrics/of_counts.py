"""Metrics of predicted labels from counts alone, for many sets of predictions of the same examples at once.

Each is what `bench.metrics.of_labels` gives; a search for thresholds (`bench.methods.thresholds`) asks for thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.metrics.labelled import Values


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """How often each label was predicted, and rightly so, in each set of predictions."""

    correct: Values
    """Examples of each label that were predicted to be it, shape (sets, labels)."""
    predicted: Values
    """Examples that were predicted to be each label, shape (sets, labels)."""
    support: Values
    """Examples of each label, shape (labels,)."""


def accuracy(counts: LabelCounts) -> Values:
    """The share of correct predictions, shape (sets,)."""
    shares: Values = counts.correct.sum(axis=1) / counts.support.sum()
    return shares


def balanced_accuracy(counts: LabelCounts) -> Values:
    """The mean recall of the labels that have an example, shape (sets,)."""
    present = counts.support > 0
    means: Values = (counts.correct[:, present] / counts.support[present]).mean(axis=1)
    return means


def macro_f1(counts: LabelCounts) -> Values:
    """The mean F1 of the labels that have an example, shape (sets,)."""
    means: Values = _f1(counts).mean(axis=1)
    return means


def weighted_f1(counts: LabelCounts) -> Values:
    """The mean F1 over labels, weighted by their examples, shape (sets,)."""
    present = counts.support > 0
    means: Values = _f1(counts) @ counts.support[present] / counts.support.sum()
    return means


def matthews_corrcoef(counts: LabelCounts) -> Values:
    """Matthews' correlation, shape (sets,): 0 where one label alone is predicted, NaN where all examples have one."""
    import numpy as np

    total, support = counts.support.sum(), counts.support
    covariance = counts.correct.sum(axis=1) * total - counts.predicted @ support
    spread_true = total**2 - (support**2).sum()
    spread = np.sqrt(spread_true * (total**2 - (counts.predicted**2).sum(axis=1)))
    if spread_true == 0:
        return np.full(len(covariance), np.nan)
    return np.divide(covariance, spread, out=np.zeros_like(spread), where=spread > 0)


def _f1(counts: LabelCounts) -> Values:
    """F1 of each label that has an example, shape (sets, labels present)."""
    present = counts.support > 0
    f1: Values = 2 * counts.correct[:, present] / (counts.predicted[:, present] + counts.support[present])
    return f1
