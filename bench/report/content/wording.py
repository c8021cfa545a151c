"""The words and numbers that figures and pages share, so that they say the same thing the same way."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from bench.escape.characters import shortened, visible_line
from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.report.inputs.frame import MISSING, NOT_NEEDED
from bench.report.statistics.metrics import metric_named, metric_of
from bench.results.record import Status
from bench.wording import counted

T = TypeVar("T")

OTHER_NUMBERS = {
    "test_weighted_precision": "test weighted precision",
    "test_weighted_recall": "test weighted recall",
    "before_test_accuracy": "test accuracy before training",
    "validation_accuracy": "validation accuracy",
}
"""Columns that hold no metric of `bench.metrics.table`, and what they are called."""

SHOWN: Mapping[Kind, Mapping[str, str]] = {
    SINGLE_LABEL: {
        "test_accuracy": "accuracy",
        "test_macro_f1": "macro_f1",
        "test_weighted_f1": "weighted_f1",
        "test_loss": "loss",
    },
    MULTI_LABEL: {
        "test_macro_f1": "macro_f1",
        "test_micro_f1": "micro_f1",
        "test_samples_f1": "samples_f1",
        "test_accuracy": "subset_accuracy",
    },
}
"""Metrics that are drawn and tabulated where records have them, and their part of a file's name."""

STATUS_WORDS = {MISSING: "not run", NOT_NEEDED: "not needed", Status.OOM.value: "out of memory"}
"""Of statuses whose names are no words."""

MAX_LABEL = 40
"""Characters of a label's name in a sentence."""
UNTRAINED = "no training examples"
AT_LARGEST = "Each row at its largest training size; means over seeds."


def metric_words(column: str) -> str:
    """What pages call a column of scores: "test macro F1"; one that has no words, as it is."""
    metric = metric_of(column)
    if metric is not None:
        return f"test {metric.label}"
    return OTHER_NUMBERS.get(column, column).replace("accuracy", metric_named("accuracy").label)


def capitalised(text: str) -> str:
    """`text` with its first letter in upper case and the rest as it is ("test macro F1")."""
    return text[:1].upper() + text[1:]


def label_text(label: str) -> str:
    """A label's name in a sentence: on one line, and not too long."""
    return shortened(visible_line(label), MAX_LABEL)


def in_words(not_ok: str) -> str:
    """Statuses for readers: "2 out of memory, 1 not run"; a missing record means that the cell was not run."""
    return re.sub("|".join(STATUS_WORDS), lambda found: STATUS_WORDS[found[0]], not_ok)


def deviation_text(deviation: float, digits: int = 3) -> str:
    """A standard deviation with its sign; one that would round to zero and isn't says so."""
    smallest = 10.0**-digits
    if 0 < deviation < smallest / 2:
        return f"±<{smallest:.{digits}f}"
    return f"±{deviation:.{digits}f}"


def number_text(number: float, digits: int = 3) -> str:
    """A number without the sign of a negative one that rounds to zero."""
    return _unsigned_zero(f"{number:,.{digits}f}")


def difference_text(difference: float, digits: int = 3) -> str:
    """A difference with its sign; none where it rounds to zero, nothing where it is unknown."""
    if pd.isna(difference):
        return ""
    return _unsigned_zero(f"{difference:+,.{digits}f}")


def _unsigned_zero(written: str) -> str:
    """A number as it is written, without a sign where every digit is 0."""
    return written.lstrip("+-") if not written.strip("+-0.") else written


def seeds_text(n_ok: int, n_expected: int) -> str:
    """How many seeds stand behind a number: "3 seeds", or "1 of 3 seeds"."""
    if n_ok < n_expected:
        return f"{n_ok} of {n_expected} seeds"
    return counted(n_ok, "seed")


def two_digits(number: float) -> str:
    """An estimated count with two significant digits, as many as it deserves: "610", "1,200"; small ones whole."""
    return f"{float(f'{number:.2g}'):,.0f}" if number >= 100 else f"{number:.0f}"


def spread(values: Sequence[T], most: int) -> list[T]:
    """At most `most` of `values` (two or more): the first, the last and some between."""
    if len(values) <= most:
        return list(values)
    return [values[round(place)] for place in np.linspace(0, len(values) - 1, most)]


def usual_seeds(summary: pd.DataFrame) -> int:
    """The commonest number of planned seeds of a point of the grid (the larger one of equals)."""
    return int(summary["n_expected"].mode().max())


def seeds_phrase(summary: pd.DataFrame) -> str:
    """What stands behind the numbers of a figure, for its subtitle."""
    usual = usual_seeds(summary)
    if usual == 1 and summary["n_expected"].max() == 1:
        return "One seed a cell: no spread over seeds is known."
    return f"Mean over {counted(usual, 'seed')} where not said otherwise; ± is the standard deviation over seeds."


def sizes_of_test_sets(cells: pd.DataFrame) -> str:
    """How many test examples stand behind the numbers of `cells`, by label count where it differs."""
    done = cells[cells["status"] == Status.OK.value]
    if done.empty:
        return "test set sizes are not known yet"
    sizes = {int(labels): span_text(group) for labels, group in done.groupby("num_labels")["num_test"]}  # type: ignore[arg-type]
    if len(set(sizes.values())) == 1:
        return f"test sets of n = {next(iter(sizes.values()))} examples"
    return "test sets of n = " + ", ".join(f"{n} ({labels} labels)" for labels, n in sizes.items()) + " examples"


def span_text(numbers: Iterable[int]) -> str:
    """Whole numbers as "500", or "80 to 240" where they differ."""
    numbers = [int(number) for number in numbers]
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def status_counts(cells: pd.DataFrame) -> str:
    """How many cells ended otherwise than `ok`: "3 out of memory, 1 not run"; without those that were not needed."""
    counts = cells.loc[~cells["status"].isin([Status.OK.value, NOT_NEEDED]), "status"].value_counts()
    return ", ".join(f"{count:,} {in_words(str(status))}" for status, count in counts.items())


def only_data_set(cells: pd.DataFrame) -> str:
    """The one data set of `cells`. Raises ValueError where there are several, or no cells: a figure takes one."""
    names = list(dict.fromkeys(cells["data"]))
    if len(names) != 1:
        raise ValueError(f"a figure takes the cells of one data set, not of {len(names)}: {names}")
    return str(names[0])
