"""Two sets of records, before and after a change of libraries, say: which cells changed beyond noise?

    python -m bench.report.compare A=results/before B=results/after

Cells are the same where their keys are. Each is compared on the test examples that both answered: the exact McNemar
test (Dietterich 1998, "Approximate statistical tests for comparing supervised classification learning algorithms"),
corrected for all cells by Holm's method, and the 95 % interval of the paired
difference (Bonett and Price 2012, as in the report). A record counts in its cell's own folder only: copies elsewhere
below are named and left out. Where predictions are missing or damaged, nothing is tested, and the records' accuracies
are compared as they are. `out=FILE` writes all of it as CSV. The exit code is 0 whatever is found, and 2 for bad input.
"""

import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd

from bench.arguments import given_path
from bench.errors import UserError, said
from bench.escape.sheet import frame_csv
from bench.escape.streams import print_help
from bench.escape.terminal import say
from bench.report.content.other_files import other_files
from bench.report.content.wording import (
    difference_text,
    number_text,
)
from bench.report.inputs.prediction_store import PredictionStore, UnreadablePredictions
from bench.report.inputs.record_sets import PlacedRecord, RecordSet, read_set
from bench.report.statistics.correctness import TestPredictions
from bench.report.statistics.intervals import crossed, difference_interval
from bench.report.statistics.paired import holm_p, mcnemar_p
from bench.report.statistics.variance import Values
from bench.results.block import ROUNDING
from bench.results.record import Record, Status
from bench.results.store import write_atomically
from bench.wording import counted

LEVEL = 0.05
"""A change counts below this corrected p."""
MAX_LINES = 30


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


def compare_sets(ours: RecordSet, theirs: RecordSet) -> tuple[list[Change], list[str], list[str]]:
    """The same of sets that were read; a cell whose record can't be used is in a set all the same."""
    library, a, b = PredictionStore(), ours.kept, theirs.kept
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
        return Change(key, *statuses, accuracy_a=a, accuracy_b=b, lacking=lacking, note=note)
    return _paired(key, statuses, *answers)


def _recorded_accuracy(record: Record) -> float:
    return np.nan if record.measurements is None else record.measurements.test.accuracy


def _paired(key: str, statuses: tuple[str, str], a: TestPredictions, b: TestPredictions) -> Change:
    """On the examples of both, which must have the same true labels."""
    right_a, right_b = common_examples(a, b)
    n = len(right_a)
    if not n:
        return Change(key, *statuses, note="no test example is the same")
    sizes = len(a.test_set), len(b.test_set)
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
        only_a=only_a,
        only_b=only_b,
        p=mcnemar_p(only_a, only_b),
        note="" if sizes == (n, n) else f"test sets differ: of {sizes[0]:,} and {sizes[1]:,}",
    )


def common_examples(a: TestPredictions, b: TestPredictions) -> tuple[Values, Values]:
    """What is right (1) and wrong (0) on each side, on the examples with the same id and true label."""
    if a.test_set.digest == b.test_set.digest:
        return a.correct, b.correct
    places = {(name, b.label(place)): place for place, name in enumerate(b.test_set.ids)}
    pairs = [(place, places.get((name, a.label(place)))) for place, name in enumerate(a.test_set.ids)]
    chosen = np.asarray([pair for pair in pairs if pair[1] is not None], dtype=int).reshape(-1, 2)
    return a.correct[chosen[:, 0]], b.correct[chosen[:, 1]]


def with_holm(changes: list[Change]) -> list[Change]:
    """The same with p corrected over all that were tested."""
    tested = [change for change in changes if not np.isnan(change.p)]
    corrected = dict(zip((change.key for change in tested), holm_p([change.p for change in tested]), strict=True))
    return [replace(change, p_holm=float(corrected.get(change.key, np.nan))) for change in changes]


def is_changed(change: Change) -> bool:
    """Whether the cell ended otherwise, or its accuracy differs beyond noise."""
    return change.status_a != change.status_b or change.p_holm < LEVEL


def report(changes: list[Change], only_a: list[str], only_b: list[str]) -> str:
    """For the terminal: what changed, biggest first, and how much was compared."""
    changed = sorted(filter(is_changed, changes), key=lambda change: -abs(np.nan_to_num(change.difference, nan=9)))
    tested = [change for change in changes if not np.isnan(change.p)]
    lines = [_line(change) for change in changed[:MAX_LINES]]
    if len(changed) > MAX_LINES:
        lines.append(f"and {len(changed) - MAX_LINES} more")
    if tested:
        lines.append(
            f"{len(changed)} of {len(changes)} cells changed beyond noise ({len(tested)} tested on the same examples, "
            f"McNemar, Holm, p < {LEVEL})"
        )
        mean = np.mean([change.difference for change in tested])
        lines.append(f"mean difference in accuracy over the tested cells, B less A: {difference_text(float(mean), 4)}")
    else:
        lines.append(f"{len(changed)} of {len(changes)} cells ended otherwise; none could be tested on test examples")
    lines += _untested(changes)
    notes = [change for change in changes if change.note]
    lines += [f"{change.key}: {change.note}" for change in notes[:MAX_LINES]]
    if len(notes) > MAX_LINES:
        lines.append(f"and {len(notes) - MAX_LINES} more such lines")
    for name, keys in (("A", only_a), ("B", only_b)):
        if keys:
            lines.append(f"only in {name}: {counted(len(keys), 'cell')}, {keys[0]} the first")
    return "\n".join(lines)


def _untested(changes: list[Change]) -> list[str]:
    """A line on the cells whose predictions can't be used, by the sides that lack them, and what their records say."""
    lines = []
    for lacking in sorted({change.lacking for change in changes} - {""}):
        some = [change for change in changes if change.lacking == lacking]
        apart = [change for change in some if abs(change.accuracy_a - change.accuracy_b) > ROUNDING]
        line = (
            f"{counted(len(some), 'cell')} not tested, for the predictions of {lacking} are missing or damaged; by the "
            f"accuracies in their records {len(some) - len(apart)} are the same and {len(apart)} differ"
        )
        if apart:
            most = max(apart, key=lambda change: abs(change.accuracy_a - change.accuracy_b))
            line += f", most {most.key}: {number_text(most.accuracy_a)} -> {number_text(most.accuracy_b)}"
        lines.append(line)
    return lines


def _unreadable(ours: RecordSet, theirs: RecordSet) -> list[str]:
    """Lines on cells that are not compared because their records can't be used."""
    found = (("A", ours.unreadable), ("B", theirs.unreadable))
    return [
        f"not compared: {counted(len(keys), 'cell')} whose record in {name} cannot be used, {keys[0]} the first"
        for name, keys in found
        if keys
    ]


def _line(change: Change) -> str:
    if change.status_a != change.status_b:
        return f"{change.key}: {change.status_a} -> {change.status_b}"
    low, high = difference_text(change.low), difference_text(change.high)
    return (
        f"{change.key}: {number_text(change.accuracy_a)} -> {number_text(change.accuracy_b)}, "
        f"{difference_text(change.difference)} [{low}, {high}], p {change.p_holm:.2g}, {change.n:,} examples"
    )


def _write(target: Path, content: bytes) -> None:
    """Raises UserError where the file can't be written."""
    try:
        write_atomically(target, content)
    except OSError as error:
        raise UserError(f"out={target}: {error.strerror or error}") from error


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"} & set(words):
        print_help(__doc__ or "")
        return 0
    try:
        given = dict(word.split("=", 1) for word in words if "=" in word)
        if len(given) != len(words) or not set(given) <= {"A", "B", "out"} or not (given.get("A") and given.get("B")):
            raise UserError("two folders of records are needed: A=results/x B=results/y, and out=FILE if you like")
        paths = {option: given_path(option, text) for option, text in given.items()}
        ours, theirs = read_set(paths["A"], "A"), read_set(paths["B"], "B")
        changes, only_a, only_b = compare_sets(ours, theirs)
        if "out" in paths:
            frame = pd.DataFrame([asdict(change) for change in changes], columns=[f.name for f in fields(Change)])
            _write(paths["out"], frame_csv(frame))
    except (UserError, OSError) as error:
        say(f"error: {said(error)}", error=True)
        return 2
    others = other_files((ours.kept[key][1] for key in only_a), (theirs.kept[key][1] for key in only_b))
    say("\n".join([report(changes, only_a, only_b), *_unreadable(ours, theirs), *others]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
