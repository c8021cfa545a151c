"""Scores of predictions, by scikit-learn."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

from bench.methods.fitted import Answers, Predicted
from bench.results.scores import Evaluation, LabelScores


def evaluate(predictions: Predicted, labels: Sequence[int], names: Sequence[str]) -> Evaluation:
    """Score `predictions` (probabilities, examples x labels, or answers) against the true label indices.

    The predicted label is the most probable one. A label that is never predicted has precision 0. An answer that is
    no label is wrong: it lowers accuracy and its true label's recall, and is in no column of the confusion matrix.
    Macro averages are over the labels that have an example: what can't be measured is no zero.
    """
    indices = np.arange(len(names))
    true = np.asarray(labels)
    loss = confidence = None
    if isinstance(predictions, Answers):
        # one more than there are labels: a prediction that no label's scores count as theirs
        predicted = np.asarray([len(names) if index is None else index for index in predictions.indices])
    else:
        predicted = predictions.argmax(axis=1)
        loss = float(log_loss(true, predictions, labels=indices))
        confidence = float(predictions.max(axis=1).mean())
    per_label = precision_recall_fscore_support(true, predicted, labels=indices, zero_division=0)
    averages: dict[str, float] = {}
    for average, over in (("macro", np.unique(true)), ("weighted", indices)):
        scores = precision_recall_fscore_support(true, predicted, labels=over, average=average, zero_division=0)
        averages |= {
            f"{average}_{name}": float(v) for name, v in zip(("precision", "recall", "f1"), scores[:3], strict=True)
        }
    return Evaluation(
        num_examples=len(true),
        accuracy=float((true == predicted).mean()),
        **averages,
        loss=loss,
        mean_confidence=confidence,
        confusion_matrix=confusion_matrix(true, predicted, labels=indices).tolist(),
        per_label=[
            LabelScores(label=name, precision=float(p), recall=float(r), f1=float(f), support=int(n))
            for name, p, r, f, n in zip(names, *per_label, strict=True)
        ],
    )
