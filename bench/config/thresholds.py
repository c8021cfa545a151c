"""Where a classifier decides for a label: at the highest probability, or at thresholds of its own."""

from typing import Any, Literal

from bench.errors import UserError
from bench.metrics.metric import Metric
from bench.metrics.table import METRICS

Thresholds = Literal["none", "validation"]
"""`none`: the most probable label is decided for. `validation`: each label's probability has a weight, by which
validation examples are decided best (`bench.methods.thresholds`)."""
MOST_PROBABLE: Thresholds = "none"
"""No label has a weight."""
USUAL_METRIC = "macro_f1"
"""What weights are found by in rows that have no `best_metric`."""


def threshold_metric(options: Any) -> Metric | None:
    """The metric that thresholds are found by, with these `options` of a cell: its training's, or else its method's or
    model's. None where it has no thresholds."""
    if getattr(options, "thresholds", MOST_PROBABLE) == MOST_PROBABLE:
        return None
    return METRICS[getattr(options, "best_metric", USUAL_METRIC)]


def check_thresholds(options: Any, group: str) -> None:
    """Raise UserError where the `best_metric` of these options, those of `group`, is none of predicted labels."""
    metric = threshold_metric(options)
    if metric is not None and metric.by_counts is None:
        able = ", ".join(name for name, known in METRICS.items() if known.by_counts is not None)
        raise UserError(
            f"training.thresholds=validation decides for labels, and {group}.best_metric={metric.name} is not about "
            f"these alone: give one of {able}"
        )
