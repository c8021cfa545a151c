"""What is counted where a text may have several labels: how many it has, which go together, which are given in place
of which. All counts are of one test set and may be added up over seeds."""

import numpy as np
from numpy.typing import NDArray

from bench.metrics.labelled import LabelledPredictions
from bench.report.statistics.correctness import Codes, TestPredictions

Counts = NDArray[np.intp]


def sizes(codes: Codes, most: int) -> Counts:
    """Texts that have 0, 1, ... labels; the last of `most` + 1 numbers is of those with `most` or more."""
    return np.bincount(np.minimum(codes.sum(axis=1), most), minlength=most + 1)


def together(codes: Codes) -> Counts:
    """Texts that have both of two labels (labels x labels); on the diagonal those that have the one."""
    has = codes.astype(np.intp)
    return has.T @ has


def missed(answers: TestPredictions) -> Counts:
    """Texts that have each label and are not given it."""
    return _missed(answers).sum(axis=0)


def in_place_of(answers: TestPredictions) -> Counts:
    """Texts that have a label and are not given it (lines), and are wrongly given another (columns)."""
    added = (answers.predicted == 1) & (answers.test_set.labels == 0)
    return _missed(answers).T @ added.astype(np.intp)


def _missed(answers: TestPredictions) -> Counts:
    return ((answers.predicted == 0) & (answers.test_set.labels == 1)).astype(np.intp)


def average_precisions(predictions: LabelledPredictions) -> NDArray[np.float64]:
    """Of each label against the rest, shape (labels,); NaN for one that no text has."""
    from sklearn.metrics import average_precision_score

    assert predictions.probabilities is not None
    found = np.full(predictions.num_labels, np.nan)
    for label in predictions.present:
        found[label] = average_precision_score(predictions.one_hot[:, label], predictions.probabilities[:, label])
    return found
