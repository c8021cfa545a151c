"""Where a classifier decides for a label: at the highest probability, or at thresholds of its own."""

from typing import Any, Literal

from bench.errors import UserError
from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.metrics.metric import Metric
from bench.metrics.table import BY_KIND, METRICS

Thresholds = Literal["none", "validation", "shared", "top_k"]
"""`none`: the most probable label is decided for. `validation`: each label's probability has a weight, by which
validation examples are decided best (`bench.methods.thresholds`).

Where examples may have several labels (`bench.methods.decisions`), `none`: all labels with a probability of 0.5 or
more; `validation`: those above a threshold of each label's own, `shared`: above one for all labels, `top_k`: the k most
probable ones, as validation examples are decided best."""
MOST_PROBABLE: Thresholds = "none"
"""No label has a weight."""
USUAL_METRIC = "macro_f1"
"""What weights are found by in rows that have no `best_metric`."""


def threshold_metric(options: Any, kind: Kind) -> Metric | None:
    """The metric that thresholds are found by, with these `options` of a cell: its training's, or else its method's or
    model's. None where it has no thresholds. With several labels it is macro F1 where `best_metric` is not about
    decided labels, or needs more than counts."""
    if getattr(options, "thresholds", MOST_PROBABLE) == MOST_PROBABLE:
        return None
    metric = BY_KIND[kind][getattr(options, "best_metric", USUAL_METRIC)]
    return BY_KIND[kind][USUAL_METRIC] if kind == MULTI_LABEL and metric.by_counts is None else metric


def check_thresholds(options: Any, group: str, kind: Kind = SINGLE_LABEL) -> None:
    """Raise UserError where thresholds, or the `best_metric` of these options (those of `group`), do not go with such
    examples, or that is none of predicted labels where thresholds are found by it."""
    thresholds = getattr(options, "thresholds", MOST_PROBABLE)
    name = getattr(options, "best_metric", USUAL_METRIC)
    if name not in BY_KIND[kind]:
        raise UserError(
            f"{group}.best_metric={name} is no metric of task={kind}: give one of {', '.join(BY_KIND[kind])}"
        )
    if kind == MULTI_LABEL:
        return
    if thresholds not in ("none", "validation"):
        raise UserError(f"training.thresholds={thresholds} goes with task={MULTI_LABEL}: give none or validation")
    metric = threshold_metric(options, kind)
    if metric is not None and metric.by_counts is None:
        able = ", ".join(name for name, known in METRICS.items() if known.by_counts is not None)
        raise UserError(
            f"training.thresholds=validation decides for labels, and {group}.best_metric={metric.name} is not about "
            f"these alone: give one of {able}"
        )
