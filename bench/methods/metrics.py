"""Scores of predictions: every metric of `bench.metrics.table`, and what is told label by label."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from bench.data.examples import Target
from bench.kind import MULTI_LABEL, SINGLE_LABEL
from bench.methods.decisions import Decided
from bench.methods.fitted import Answers, Predicted, Probabilities
from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.labelled import NO_LABEL, LabelledPredictions
from bench.metrics.table import BY_KIND
from bench.results.scores import METRIC_FIELDS, Evaluation, LabelScores, LabelSets


def evaluate(predictions: Predicted, labels: Sequence[Target], names: Sequence[str]) -> Evaluation:
    """Score `predictions` (probabilities, examples x labels, or answers) against the true label indices.

    The predicted label is the most probable one. A label that is never predicted has precision 0. An answer that is
    no label is wrong: it lowers accuracy and its true label's recall, and is in no column of the confusion matrix.
    Macro averages are over the labels that have an example: what can't be measured is no zero. Where examples have any
    number of labels (`Target`), those of probabilities are predicted that are 0.5 or more, unless it was decided.
    """
    labelled = beside(predictions, labels, len(names))
    sets = labelled if isinstance(labelled, LabelSetPredictions) else None
    metrics = BY_KIND[SINGLE_LABEL if sets is None else MULTI_LABEL]
    scores = {name: metric.of(labelled) for name, metric in metrics.items()}
    precision, recall, f1, support = labelled.per_label
    present, probabilities = labelled.present, labelled.probabilities
    return Evaluation.model_validate(
        {
            "num_examples": len(labelled.labels),
            **{name: scores[name] for name in METRIC_FIELDS},
            "metrics": {name: value for name, value in scores.items() if name not in METRIC_FIELDS},
            "macro_precision": float(precision[present].mean()),
            "macro_recall": float(recall[present].mean()),
            "weighted_precision": float(np.average(precision, weights=support)),
            "weighted_recall": float(np.average(recall, weights=support)),
            "mean_confidence": None if probabilities is None or sets else float(probabilities.max(axis=1).mean()),
            "confusion_matrix": None if sets else _matrix(labelled),
            "per_label": [
                LabelScores(label=name, precision=float(p), recall=float(r), f1=float(f), support=int(n))
                for name, p, r, f, n in zip(names, precision, recall, f1, support, strict=True)
            ],
            "label_sets": None if sets is None else _sizes(sets),
        }
    )


def _matrix(labelled: LabelledPredictions) -> list[list[int]]:
    indices = np.arange(labelled.num_labels)
    found: list[list[int]] = confusion_matrix(labelled.labels, labelled.predicted, labels=indices).tolist()
    return found


def _sizes(sets: LabelSetPredictions) -> LabelSets:
    true, predicted = sets.has.sum(axis=1), sets.given.sum(axis=1)
    return LabelSets(
        mean_true=float(true.mean()),
        mean_predicted=float(predicted.mean()),
        without_true=int((true == 0).sum()),
        without_predicted=int((predicted == 0).sum()),
    )


def beside(predictions: Predicted, labels: Sequence[Target], num_labels: int) -> LabelledPredictions:
    """`predictions` with the true labels of their examples."""
    if isinstance(predictions, Decided):
        return predictions.labelled(labels)
    if isinstance(predictions, Answers):
        predicted = np.asarray([NO_LABEL if index is None else index for index in predictions.indices])
        return LabelledPredictions(np.asarray(labels), predicted, num_labels)
    return labelled_by(predictions, labels)


def labelled_by(probabilities: Probabilities, labels: Sequence[Target] | NDArray[Any]) -> LabelledPredictions:
    """Probabilities (examples x labels) with the true labels of their examples, of whichever kind these are."""
    true = np.asarray(labels)
    if true.ndim == 2:
        return LabelSetPredictions.of_probabilities(probabilities, true.astype(np.int8))
    return LabelledPredictions.of_probabilities(probabilities, true)
