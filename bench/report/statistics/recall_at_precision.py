"""How much of a label is found where most of what is called so has to be it."""

import numpy as np
from numpy.typing import NDArray

from bench.metrics.labelled import LabelledPredictions


def recall_at_precision(predictions: LabelledPredictions, label: int, precision: float) -> float:
    """The greatest recall of a label, over all thresholds of its probability, at which its precision is at least this.

    0 where no threshold gives the precision; NaN where the examples have none of the label. `predictions` have
    probabilities. The threshold is the best of these very examples, so that others of the kind give a bit less.
    """
    assert predictions.probabilities is not None
    is_label: NDArray[np.bool_] = predictions.one_hot[:, label] > 0
    if not is_label.any():
        return float("nan")
    sure = predictions.probabilities[:, label]
    order = np.argsort(-sure, kind="stable")
    found = np.cumsum(is_label[order])
    is_threshold = np.append(np.diff(sure[order]) != 0, True)  # examples of one probability go together
    is_precise = found >= precision * np.arange(1, len(sure) + 1)
    return float(found[is_threshold & is_precise].max(initial=0) / is_label.sum())
