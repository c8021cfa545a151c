"""How much of a label is found where most of what is called so has to be it."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from bench.metrics.labelled import LabelledPredictions


def recall_at_precision(predictions: LabelledPredictions, label: int, precision: float) -> float:
    """The greatest recall of a label, over all thresholds of its probability, at which its precision is at least this.

    0 where no threshold gives the precision; NaN where the examples have none of the label. `predictions` have
    probabilities. The threshold is the best of these very examples, so that others of the kind give a bit less.
    """
    assert predictions.probabilities is not None
    is_label: NDArray[np.bool_] = np.asarray(predictions.labels) == label
    if not is_label.any():
        return float("nan")
    precisions, recalls, _ = precision_recall_curve(is_label, predictions.probabilities[:, label])
    # the last point is no threshold: nothing is called so there
    return float(recalls[:-1][precisions[:-1] >= precision].max(initial=0.0))
