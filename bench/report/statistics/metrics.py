"""The metrics of `bench.metrics.table` as columns of the report's frames: `test_accuracy`, `test_macro_f1`."""

from bench.metrics.metric import Metric
from bench.metrics.table import METRICS

TEST = "test_"


def metric_columns() -> list[str]:
    """The column of every metric on the test examples, in the order of the table."""
    return [f"{TEST}{name}" for name in METRICS]


def metric_of(column: str) -> Metric | None:
    """The metric that a column holds; None for one of another number."""
    return METRICS.get(column.removeprefix(TEST)) if column.startswith(TEST) else None


def lower_is_better(column: str | None) -> bool:
    """Whether a smaller number of this column is the better one."""
    metric = None if column is None else metric_of(column)
    return metric is not None and not metric.higher_is_better
