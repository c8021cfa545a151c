"""By which rule labels are given, from what validation chose in the cells of a row."""

import statistics
from collections.abc import Sequence

from bench.methods.decisions import Decision
from bench.results.measurements import Measurements

CHOICE = "thresholds"
"""What cells call it among their choices."""


def label_weights(measured: Sequence[Measurements]) -> tuple[float, ...] | None:
    """What each label's probability is multiplied by, the geometric mean over the seeds; None where there is none."""
    found = [each.choices[CHOICE]["label_weights"] for each in measured if CHOICE in each.choices]
    if not found:
        return None
    labels = measured[0].examples.labels
    return tuple(statistics.geometric_mean([weights[label] for weights in found]) for label in labels)


def decision(measured: Sequence[Measurements]) -> Decision:
    """Of texts with several labels: each label's threshold is the median of those of the seeds, the number of labels
    their lower median. Where the row asked for none, labels are given that are more probable than not."""
    labels = measured[0].examples.labels
    found = [Decision.of(each.choices[CHOICE], labels) for each in measured if CHOICE in each.choices]
    if not found:
        return Decision.usual(len(labels))
    numbers = [each.top_k for each in found if each.top_k is not None]
    if numbers:
        return Decision(top_k=statistics.median_low(numbers))
    by_label = zip(*(each.thresholds for each in found if each.thresholds is not None), strict=True)
    return Decision(tuple(statistics.median(thresholds) for thresholds in by_label))
