"""What a validation says of the weights: the metric that chooses them."""

from typing import Any

import numpy as np
from scipy.special import softmax

from bench.metrics.labelled import LabelledPredictions
from bench.metrics.table import ACCURACY, LOSS, METRICS

SCORE = "score"
"""What Trainer's logs call the metric that is neither accuracy nor loss."""


def scores(logits: Any, labels: Any, best_metric: str) -> dict[str, float]:
    """The accuracy of logits (examples x labels), and as `SCORE` the metric called `best_metric`, if that is another.

    There is no such score where the examples do not define the metric, or logits are not finite. (The loss is that of
    the batches, which Trainer has.)
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    found = {"accuracy": float((logits.argmax(axis=1) == labels).mean())}
    if best_metric not in (ACCURACY, LOSS) and (score := _score(logits, labels, best_metric)) is not None:
        found[SCORE] = score
    return found


def _score(logits: Any, labels: Any, best_metric: str) -> float | None:
    probabilities = softmax(logits.astype(np.float64), axis=1)
    if not np.isfinite(probabilities).all():
        return None
    return METRICS[best_metric].of(LabelledPredictions.of_probabilities(probabilities, labels))


def merit(logged: dict[str, float], best_metric: str) -> tuple[float, float]:
    """How good a validation is that Trainer logged (`eval_loss`, `eval_accuracy`, `eval_score`): greater is better."""
    names = {ACCURACY: "eval_accuracy", LOSS: "eval_loss"}
    value = logged.get(names.get(best_metric, f"eval_{SCORE}"))
    return METRICS[best_metric].merit(value, logged["eval_loss"])
