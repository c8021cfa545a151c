"""The metrics. A new one is an entry here: evaluation, records, `results.csv`, the report and `best_metric` read it.

Imports nothing heavy: what computes a metric imports numpy and scikit-learn itself.
"""

import math
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.metrics import of_counts, of_label_sets, of_labels, of_probabilities
from bench.metrics.metric import Metric

ACCURACY = "accuracy"
LOSS = "loss"


def by_name(metrics: Iterable[Metric]) -> dict[str, Metric]:
    """`metrics` under the names that they have, in the order given."""
    return {metric.name: metric for metric in metrics}


METRICS: dict[str, Metric] = by_name(
    (
        Metric(
            name=ACCURACY,
            label="accuracy",
            score=of_labels.accuracy,
            by_example=of_labels.correct,
            by_counts=of_counts.accuracy,
        ),
        Metric(
            name="macro_f1",
            label="macro F1",
            score=of_labels.macro_f1,
            by_draw=of_labels.macro_f1s,
            by_counts=of_counts.macro_f1,
        ),
        Metric(
            name=LOSS,
            label="loss",
            score=of_probabilities.loss,
            higher_is_better=False,
            high=math.inf,
            needs_probabilities=True,
            by_example=of_probabilities.losses,
            aliases=("log_loss",),
        ),
        Metric(
            name="balanced_accuracy",
            label="balanced accuracy",
            score=of_labels.balanced_accuracy,
            by_draw=of_labels.balanced_accuracies,
            by_counts=of_counts.balanced_accuracy,
        ),
        Metric(
            name="weighted_f1",
            label="weighted F1",
            score=of_labels.weighted_f1,
            by_draw=of_labels.weighted_f1s,
            by_counts=of_counts.weighted_f1,
        ),
        Metric(
            name="matthews_corrcoef",
            label="Matthews correlation",
            score=of_labels.matthews_corrcoef,
            low=-1.0,
            by_draw=of_labels.matthews_corrcoefs,
            by_counts=of_counts.matthews_corrcoef,
        ),
        Metric(
            name="roc_auc",
            label="ROC AUC",
            score=of_probabilities.roc_auc,
            needs_probabilities=True,
            by_draw=of_probabilities.roc_aucs,
        ),
        Metric(
            name="average_precision",
            label="average precision",
            score=of_probabilities.average_precision,
            needs_probabilities=True,
            by_draw=of_probabilities.average_precisions,
        ),
        Metric(
            name="brier",
            label="Brier score",
            score=of_probabilities.brier,
            higher_is_better=False,
            high=2.0,
            needs_probabilities=True,
            by_example=of_probabilities.squared_distances,
        ),
    )
)
"""By name, in the order in which they are listed: of examples with one label each."""

MULTI_LABEL_METRICS: dict[str, Metric] = by_name(
    (
        METRICS["macro_f1"],
        Metric(
            name="micro_f1",
            label="micro F1",
            score=of_label_sets.micro_f1,
            by_draw=of_label_sets.micro_f1s,
            by_counts=of_label_sets.micro_f1_of_counts,
        ),
        Metric(
            name="samples_f1",
            label="F1 by example",
            score=of_label_sets.samples_f1,
            by_example=of_label_sets.samples_f1s,
        ),
        METRICS["weighted_f1"],
        # scikit-learn's accuracy of such predictions; a count of labels does not say it
        replace(METRICS[ACCURACY], label="subset accuracy", by_counts=None, aliases=("subset_accuracy",)),
        Metric(
            name="hamming_loss",
            label="Hamming loss",
            score=of_label_sets.hamming_loss,
            higher_is_better=False,
            by_example=of_label_sets.hamming_losses,
        ),
        Metric(
            name="lrap",
            label="LRAP",
            score=of_label_sets.lrap,
            needs_probabilities=True,
            by_example=of_label_sets.lraps,
        ),
        METRICS[LOSS],
        METRICS["average_precision"],
        METRICS["roc_auc"],
    )
)
"""Likewise, of examples that may have several labels or none. What is called the same means the same: accuracy is that
exactly the true labels are predicted, averages over labels are over each label against the rest."""

BY_KIND: dict[Kind, dict[str, Metric]] = {SINGLE_LABEL: METRICS, MULTI_LABEL: MULTI_LABEL_METRICS}
"""The metrics of a task."""
COMPLEMENTS: dict[str, Metric] = {
    "hamming_loss": Metric(
        name="hamming_accuracy",
        label="1 - Hamming loss",
        score=of_label_sets.hamming_accuracy,
        by_example=of_label_sets.hamming_accuracies,
        selectable=False,
    )
}
"""What reports compare rows by where a share of mistakes is asked for: 1 less it. Records do not have it."""
COMPARED: dict[Kind, Mapping[str, Metric]] = {
    SINGLE_LABEL: METRICS,
    MULTI_LABEL: ChainMap(MULTI_LABEL_METRICS, by_name(COMPLEMENTS.values())),
}
"""By kind of task: the metrics, and what rows are compared by in place of one."""
EVERY: Mapping[str, Metric] = ChainMap(METRICS, MULTI_LABEL_METRICS, by_name(COMPLEMENTS.values()))
"""Those of all kinds of tasks: for names, directions and ranges alone."""


def selectable_name(name: object) -> str:
    """The name of a metric that weights and options can be chosen by: an alias is the name that it stands for.

    Raises ValueError, with the names that there are, where it is none.
    """
    several = (metric for name, metric in MULTI_LABEL_METRICS.items() if name not in METRICS or metric.aliases)
    chosen = [metric for metric in (*METRICS.values(), *several) if metric.selectable]
    for metric in chosen:
        if name == metric.name or name in metric.aliases:
            return metric.name
    names = ", ".join(dict.fromkeys(metric.name for metric in chosen))
    raise ValueError(f"it is no metric to choose by; these are {names}")
