"""What part of each label the best rows find at a precision that one could work with."""

from collections.abc import Mapping

import numpy as np

from bench.report.content.parts import Entry, Titled, size_entry
from bench.report.content.table import table
from bench.report.content.wording import number_text
from bench.report.figures.style import percent
from bench.report.statistics.correctness import BySeed, Grid, TestPredictions
from bench.report.statistics.deciding import is_unequal
from bench.report.statistics.recall_at_precision import recall_at_precision

MAX_LABELS = 8
"""Columns of the table."""


def recall_table(probable: Grid, num_labels: int, precision: float) -> Titled | None:
    """A line a row of `probable` (answers with probabilities), a column a label: recall at `precision`, over seeds.

    None where there are many labels, or more than two that are about equally frequent: accuracy says enough there.
    """
    some = {point: seeds for point, seeds in probable.items() if point.num_labels == num_labels}
    first = next((answers for seeds in some.values() for answers in seeds.values()), None)
    if first is None or num_labels > MAX_LABELS or (num_labels > 2 and not is_unequal(first.test_set)):
        return None
    names = first.test_set.names
    lines = [
        [point.row, size_entry(point.train_size), *_entries(seeds, names, precision)] for point, seeds in some.items()
    ]
    title = f"Recall where {percent(100 * precision)} of what is called so is right, {num_labels} labels"
    return Titled(title, table(["row", "training examples", *names], lines), name=f"recall_at_precision_{num_labels}")


def _entries(seeds: BySeed, names: tuple[str, ...], precision: float) -> list[Entry | str]:
    return [_entry(seeds, label, precision) for label in range(len(names))]


def _entry(seeds: Mapping[int, TestPredictions], label: int, precision: float) -> Entry | str:
    """The mean over the seeds whose test set has the label."""
    found = [recall_at_precision(answers.labelled, label, precision) for answers in seeds.values()]
    known = [recall for recall in found if not np.isnan(recall)]
    mean = float(np.mean(known)) if known else None
    return "" if mean is None else Entry(number_text(mean), numbers={"": mean})
