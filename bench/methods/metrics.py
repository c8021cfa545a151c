"""Scores of predictions: every metric of `bench.metrics.table`, and what is told label by label."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import confusion_matrix

from bench.methods.fitted import Answers, Predicted
from bench.metrics.labelled import NO_LABEL, LabelledPredictions
from bench.metrics.table import METRICS
from bench.results.scores import METRIC_FIELDS, Evaluation, LabelScores


def evaluate(predictions: Predicted, labels: Sequence[int], names: Sequence[str]) -> Evaluation:
    """Score `predictions` (probabilities, examples x labels, or answers) against the true label indices.

    The predicted label is the most probable one. A label that is never predicted has precision 0. An answer that is
    no label is wrong: it lowers accuracy and its true label's recall, and is in no column of the confusion matrix.
    Macro averages are over the labels that have an example: what can't be measured is no zero.
    """
    labelled = beside(predictions, labels, len(names))
    scores = {name: metric.of(labelled) for name, metric in METRICS.items()}
    precision, recall, f1, support = labelled.per_label
    present, probabilities = labelled.present, labelled.probabilities
    matrix = confusion_matrix(labelled.labels, labelled.predicted, labels=np.arange(len(names)))
    return Evaluation.model_validate(
        {
            "num_examples": len(labelled.labels),
            **{name: scores[name] for name in METRIC_FIELDS},
            "metrics": {name: value for name, value in scores.items() if name not in METRIC_FIELDS},
            "macro_precision": float(precision[present].mean()),
            "macro_recall": float(recall[present].mean()),
            "weighted_precision": float(np.average(precision, weights=support)),
            "weighted_recall": float(np.average(recall, weights=support)),
            "mean_confidence": None if probabilities is None else float(probabilities.max(axis=1).mean()),
            "confusion_matrix": matrix.tolist(),
            "per_label": [
                LabelScores(label=name, precision=float(p), recall=float(r), f1=float(f), support=int(n))
                for name, p, r, f, n in zip(names, precision, recall, f1, support, strict=True)
            ],
        }
    )


def beside(predictions: Predicted, labels: Sequence[int], num_labels: int) -> LabelledPredictions:
    """`predictions` with the true label indices of their examples."""
    if isinstance(predictions, Answers):
        predicted = np.asarray([NO_LABEL if index is None else index for index in predictions.indices])
        return LabelledPredictions(np.asarray(labels), predicted, num_labels)
    return LabelledPredictions.of_probabilities(predictions, labels)
