"""Temperature scaling (Guo et al. 2017, On calibration of modern neural networks): scores to probabilities.

One number for all labels: what is decided stays, and a label without a validation example is no trouble.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from bench.data.examples import Target

Scores = NDArray[np.float64]
"""Shape (examples, labels); the highest is what is decided."""

BOUNDS = (-8.0, 8.0)
"""The logarithm of what scores are multiplied by: outside of them all labels are as probable, or one is certain."""


def temperature(scores: Scores, labels: Sequence[Target]) -> float:
    """What to divide `scores` by, that their softmax suits `labels` best.

    The labels are smoothed as if each had one example more (Platt 1999, Probabilistic outputs for support vector
    machines, does so for two): where few examples are all right, none becomes certain of what comes next.
    """
    count, width = scores.shape
    targets = np.full(scores.shape, 1 / (count + width))
    targets[np.arange(count), np.asarray(labels)] += count / (count + width)

    def loss(log_factor: float) -> float:
        return -float((targets * log_softmax(np.exp(log_factor) * scores, axis=1)).sum())

    return float(np.exp(-minimize_scalar(loss, bounds=BOUNDS, method="bounded").x))
