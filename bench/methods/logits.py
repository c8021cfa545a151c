"""From a model's logits to the probabilities of labels."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from bench.kind import MULTI_LABEL, Kind

Logits = NDArray[np.floating]
"""Shape (examples, labels)."""


def probabilities_of(logits: Logits, kind: Kind) -> NDArray[np.float64] | None:
    """Probabilities of the same shape: a row sums to 1 where an example has one label. None where any is not finite."""
    logits = np.asarray(logits, dtype=np.float64)
    if kind == MULTI_LABEL:
        return expit(logits) if np.isfinite(logits).all() else None
    found: NDArray[np.float64] = softmax(logits, axis=1)
    return found if np.isfinite(found).all() else None
