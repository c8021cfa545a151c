"""What a validation says of the weights: the metric that chooses them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.kind import MULTI_LABEL, SINGLE_LABEL
from bench.methods.logits import probabilities_of
from bench.methods.metrics import labelled_by
from bench.metrics.table import ACCURACY, BY_KIND, EVERY, LOSS

SCORE = "score"
"""What Trainer's logs call the metric that is neither accuracy nor loss."""


def scores(logits: Any, labels: Any, best_metric: str) -> dict[str, float]:
    """The accuracy of logits (examples x labels), and as `SCORE` the metric called `best_metric`, if that is another.

    `labels` has the shape (examples,), or that of the logits where an example may have several; those with a
    probability of 0.5 or more are predicted then. There is no such score where the examples do not define the metric,
    or logits are not finite. (The loss is that of the batches, which Trainer has.)
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    found = {"accuracy": float(correct(logits, labels).mean())}
    if best_metric not in (ACCURACY, LOSS) and (score := _score(logits, labels, best_metric)) is not None:
        found[SCORE] = score
    return found


def correct(logits: Any, labels: Any) -> NDArray[np.bool_]:
    """Which examples are right, of logits and labels as `scores` takes them: with several labels, all of them."""
    logits, labels = np.asarray(logits), np.asarray(labels)
    found: NDArray[np.bool_] = (
        ((logits >= 0) == (labels > 0)).all(axis=1) if labels.ndim == 2 else logits.argmax(axis=1) == labels
    )
    return found


def _score(logits: Any, labels: Any, best_metric: str) -> float | None:
    kind = MULTI_LABEL if labels.ndim == 2 else SINGLE_LABEL
    probabilities = probabilities_of(logits, kind)
    return None if probabilities is None else BY_KIND[kind][best_metric].of(labelled_by(probabilities, labels))


def merit(logged: dict[str, float], best_metric: str) -> tuple[float, float]:
    """How good a validation is that Trainer logged (`eval_loss`, `eval_accuracy`, `eval_score`): greater is better."""
    return EVERY[best_metric].merit(value(logged, best_metric), logged["eval_loss"])


def value(logged: dict[str, float], best_metric: str) -> float | None:
    """The metric called `best_metric` of a validation that Trainer logged; None where the examples do not define it."""
    names = {ACCURACY: "eval_accuracy", LOSS: "eval_loss"}
    return logged.get(names.get(best_metric, f"eval_{SCORE}"))
