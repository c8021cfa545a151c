"""The cells of two sets of records, each by itself: which changed beyond noise?

Cells are the same where their keys are. Each is compared on the test examples that both answered: the exact McNemar
test (Dietterich 1998, "Approximate statistical tests for comparing supervised classification learning algorithms"),
corrected for all cells by Holm's method, and the 95 % interval of the paired difference (Bonett and Price 2012, as in
the report). Where predictions are missing or damaged, nothing is tested, and the records' accuracies are compared as
they are.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.report.inputs.prediction_store import PredictionStore, UnreadablePredictions
from bench.report.inputs.record_sets import PlacedRecord, RecordSet, read_set
from bench.report.statistics.changes import common_part
from bench.report.statistics.correctness import TestPredictions
from bench.report.statistics.intervals import crossed, difference_interval
from bench.report.statistics.paired import ALPHA, holm_p, mcnemar_p
from bench.results.record import Record, Status


@dataclass(frozen=True, slots=True)
class Change:
    """One cell in both sets. Accuracies and their difference (B less A) are null where one side has none."""

    key: str
    status_a: str
    status_b: str
    n: int = 0
    """Test examples that both answered; 0 where predictions are lacking: then the accuracies are the records' own."""
    accuracy_a: float = np.nan
    accuracy_b: float = np.nan
    has_several: bool = False
    """Whether a text may have several labels, so that these are subset accuracies."""
    difference: float = np.nan
    low: float = np.nan
    """The lower end of the difference's 95 % interval."""
    high: float = np.nan
    only_a: int = 0
    """Examples that A alone has right."""
    only_b: int = 0
    p: float = np.nan
    """The p-value of McNemar's exact test."""
    p_holm: float = np.nan
    lacking: str = ""
    """The sides whose predictions can't be used."""
    note: str = ""


def compare(a: Path, b: Path) -> tuple[list[Change], list[str], list[str]]:
    """The cells that are in both folders of records, and the keys that are in one only (of `a`, of `b`).

    Raises UserError where a folder has no records.
    """
    return compare_sets(read_set(a, "A"), read_set(b, "B"))


def compare_sets(
    ours: RecordSet, theirs: RecordSet, library: PredictionStore | None = None
) -> tuple[list[Change], list[str], list[str]]:
    """The same of sets that were read; a cell whose record can't be used is in a set all the same. `library` keeps
    what is read of predictions."""
    library, a, b = library or PredictionStore(), ours.kept, theirs.kept
    changes = with_holm([_change(key, a[key], b[key], library) for key in a if key in b])
    only_a, only_b = ([key for key in kept if key not in other] for kept, other in ((a, theirs), (b, ours)))
    return changes, only_a, only_b


def _change(key: str, one: PlacedRecord, other: PlacedRecord, library: PredictionStore) -> Change:
    statuses = (one[1].status.value, other[1].status.value)
    if any(record.status is not Status.OK for _, record in (one, other)):
        return Change(key, *statuses)
    answers, reasons = [], {}
    for name, (folder, record) in (("A", one), ("B", other)):
        try:
            answers.append(library.of(folder, record))
        except UnreadablePredictions as error:
            reasons[name] = f"predictions of {name} can't be read: {error}"
    if reasons:
        a, b = (_recorded_accuracy(record) for _, record in (one, other))
        lacking, note = " and ".join(reasons), "; ".join(reasons.values())
        measured = one[1].measurements
        several = measured is not None and measured.test.label_sets is not None
        return Change(key, *statuses, accuracy_a=a, accuracy_b=b, lacking=lacking, note=note, has_several=several)
    return _paired(key, statuses, *answers)


def _recorded_accuracy(record: Record) -> float:
    return np.nan if record.measurements is None else record.measurements.test.accuracy


def _paired(key: str, statuses: tuple[str, str], a: TestPredictions, b: TestPredictions) -> Change:
    """On the examples of both, which must have the same true labels."""
    sizes = len(a.test_set), len(b.test_set)
    right_a, right_b = (each.correct for each in common_part(a, b))
    n = len(right_a)
    if not n:
        return Change(key, *statuses, note="no test example is the same")
    more = right_b - right_a
    only_a, only_b = int((more < 0).sum()), int((more > 0).sum())
    interval = difference_interval(crossed(more[None, :]))
    return Change(
        key,
        *statuses,
        n=n,
        accuracy_a=float(right_a.mean()),
        accuracy_b=float(right_b.mean()),
        difference=interval.estimate,
        low=interval.low,
        high=interval.high,
        has_several=a.test_set.has_several,
        only_a=only_a,
        only_b=only_b,
        p=mcnemar_p(only_a, only_b),
        note="" if sizes == (n, n) else f"test sets differ: of {sizes[0]:,} and {sizes[1]:,}",
    )


def with_holm(changes: list[Change]) -> list[Change]:
    """The same with p corrected over all that were tested."""
    tested = [change for change in changes if not np.isnan(change.p)]
    corrected = dict(zip((change.key for change in tested), holm_p([change.p for change in tested]), strict=True))
    return [replace(change, p_holm=float(corrected.get(change.key, np.nan))) for change in changes]


def is_changed(change: Change) -> bool:
    """Whether the cell ended otherwise, or its accuracy differs beyond noise."""
    return change.status_a != change.status_b or change.p_holm < ALPHA
