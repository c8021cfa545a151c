"""The metrics that a report's answer can go by. Imports nothing heavy."""

from bench.metrics.metric import Metric
from bench.metrics.table import COMPLEMENTS, EVERY, METRICS, MULTI_LABEL_METRICS

AUTO = "auto"
"""Accuracy or macro F1, by the data; macro F1 of texts with several labels (`bench.report.statistics.deciding`)."""


def deciding_name(name: object) -> str:
    """`AUTO`, or the name of a metric that an answer can go by: an alias is the name that it stands for.

    Raises ValueError, with the reason and the names that there are, for any other one.
    """
    every = {**METRICS, **MULTI_LABEL_METRICS}.values()
    able = {metric.name: metric for metric in every if why_not(metric) is None}
    if name == AUTO or name in able:
        return str(name)
    if alias := next((known for known, metric in able.items() if name in metric.aliases), None):
        return alias
    metric = EVERY.get(name) if isinstance(name, str) else None
    reason = "it is no metric" if metric is None else why_not(metric)
    raise ValueError(f"{reason}; there are {', '.join((AUTO, *able))}")


def why_not(metric: Metric) -> str | None:
    """Why an answer cannot go by a metric; None where it can."""
    if metric.needs_probabilities:
        return "it needs probabilities, which not every row has (`All metrics` in the report has it)"
    if metric.name in COMPLEMENTS:
        return None
    if (metric.low, metric.high) != (0, 1) or not metric.higher_is_better:
        return "rows are compared by scores from 0 to 1"
    return None
