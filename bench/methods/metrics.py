"""Scores of predicted probabilities, by scikit-learn."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

from bench.methods.fitted import Probabilities
from bench.results.record import Evaluation, LabelScores


def evaluate(probabilities: Probabilities, labels: Sequence[int], names: Sequence[str]) -> Evaluation:
    """Score `probabilities` (examples x labels) against the true label indices.

    The predicted label is the most probable one. A label that is never predicted has precision 0.
    """
    indices = np.arange(len(names))
    true = np.asarray(labels)
    predicted = probabilities.argmax(axis=1)
    per_label = precision_recall_fscore_support(true, predicted, labels=indices, zero_division=0)
    averages: dict[str, float] = {}
    for average in ("macro", "weighted"):
        scores = precision_recall_fscore_support(true, predicted, labels=indices, average=average, zero_division=0)
        averages |= {
            f"{average}_{name}": float(v) for name, v in zip(("precision", "recall", "f1"), scores[:3], strict=True)
        }
    return Evaluation(
        num_examples=len(true),
        accuracy=float((true == predicted).mean()),
        **averages,
        loss=float(log_loss(true, probabilities, labels=indices)),
        confusion_matrix=confusion_matrix(true, predicted, labels=indices).tolist(),
        per_label=[
            LabelScores(label=name, precision=float(p), recall=float(r), f1=float(f), support=int(n))
            for name, p, r, f, n in zip(names, *per_label, strict=True)
        ],
    )
