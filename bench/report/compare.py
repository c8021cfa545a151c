"""Two sets of records, before and after a change of libraries, say: which cells changed beyond noise?

    python -m bench.report.compare A=results/before B=results/after

Cells are the same where their keys are. Each is compared on the test examples that both answered: the exact McNemar
test (Dietterich 1998, "Approximate statistical tests for comparing supervised classification learning algorithms"),
corrected for all cells by Holm's method, and the 95 % interval of the paired
difference (Bonett and Price 2012, as in the report). `out=FILE` writes all of it
as CSV. The exit code is 0 whatever is found, and 2 for bad input.
"""

import io
import sys
from contextlib import redirect_stderr
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd

from bench.errors import UserError, said
from bench.escape.sheet import frame_csv
from bench.escape.terminal import say
from bench.report.other_files import other_files
from bench.report.statistics.correctness import Answers
from bench.report.statistics.intervals import crossed, difference_interval
from bench.report.statistics.library import Library, UnreadableAnswers
from bench.report.statistics.paired import holm_p, mcnemar_p
from bench.report.statistics.variance import Values
from bench.report.wording import difference_text, number_text
from bench.results.record import Record, Status
from bench.results.regular import check_folder
from bench.results.store import UnreadableRecord, read, scan, write_atomically

LEVEL = 0.05
"""A change counts below this corrected p."""
MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class Change:
    """One cell in both sets. Accuracies and their difference (B less A) are null where one side has none."""

    key: str
    status_a: str
    status_b: str
    n: int = 0
    """Test examples that both answered."""
    accuracy_a: float = np.nan
    accuracy_b: float = np.nan
    difference: float = np.nan
    low: float = np.nan
    """Of the difference's 95 % interval."""
    high: float = np.nan
    only_a: int = 0
    """Examples that A alone has right."""
    only_b: int = 0
    p: float = np.nan
    """Of McNemar's exact test."""
    p_holm: float = np.nan
    note: str = ""


def compare(a: Path, b: Path) -> tuple[list[Change], list[str], list[str]]:
    """The cells that are in both folders of records, and the keys that are in one only (of `a`, of `b`).

    Raises UserError where a folder has no records.
    """
    ours, theirs, library = _records(a, "A"), _records(b, "B"), Library()
    both = [key for key in ours if key in theirs]
    changes = with_holm([_change(key, ours[key], theirs[key], library) for key in both])
    return changes, [key for key in ours if key not in theirs], [key for key in theirs if key not in ours]


Kept = tuple[Path, Record]


def _records(root: Path, name: str) -> dict[str, Kept]:
    """The readable records below a folder by key; what can't be read is said. Raises UserError where there are none."""
    found: dict[str, Kept] = {}
    try:
        check_folder(root)
    except OSError as error:
        raise UserError(f"{name}={root} cannot be read: {error.strerror or error}") from error
    for folder in scan(root):
        try:
            record = read(folder)
        except UnreadableRecord as error:
            say(f"not compared: {error}", error=True)
            continue
        if record is not None:
            found[record.key] = (folder, record)
    if not found:
        raise UserError(f"{name}={root}: there are no records in it")
    return found


def _change(key: str, one: Kept, other: Kept, library: Library) -> Change:
    statuses = (one[1].status.value, other[1].status.value)
    if any(record.status is not Status.OK for _, record in (one, other)):
        return Change(key, *statuses)
    try:
        return _paired(key, statuses, library.of(*one), library.of(*other))
    except UnreadableAnswers as error:
        return Change(key, *statuses, note=f"predictions can't be read: {error}")


def _paired(key: str, statuses: tuple[str, str], a: Answers, b: Answers) -> Change:
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


def common_examples(a: Answers, b: Answers) -> tuple[Values, Values]:
    """What is right (1) and wrong (0) on each side, on the examples with the same id and true label."""
    if a.test_set.digest == b.test_set.digest:
        return a.right, b.right
    places = {(name, b.label(place)): place for place, name in enumerate(b.test_set.ids)}
    pairs = [(place, places.get((name, a.label(place)))) for place, name in enumerate(a.test_set.ids)]
    chosen = np.asarray([pair for pair in pairs if pair[1] is not None], dtype=int).reshape(-1, 2)
    return a.right[chosen[:, 0]], b.right[chosen[:, 1]]


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
    lines = [_line(change) for change in changed[:MOST_LINES]]
    if len(changed) > MOST_LINES:
        lines.append(f"and {len(changed) - MOST_LINES} more")
    lines.append(
        f"{len(changed)} of {len(changes)} cells changed beyond noise ({len(tested)} tested on the same examples, "
        f"McNemar, Holm, p < {LEVEL})"
    )
    if tested:
        mean = np.mean([change.difference for change in tested])
        lines.append(f"mean difference in accuracy over the tested cells, B less A: {difference_text(float(mean), 4)}")
    notes = [change for change in changes if change.note]
    lines += [f"{change.key}: {change.note}" for change in notes[:MOST_LINES]]
    for name, keys in (("A", only_a), ("B", only_b)):
        if keys:
            lines.append(f"only in {name}: {len(keys)} cells, {keys[0]} the first")
    return "\n".join(lines)


def _line(change: Change) -> str:
    if change.status_a != change.status_b:
        return f"{change.key}: {change.status_a} -> {change.status_b}"
    low, high = difference_text(change.low), difference_text(change.high)
    return (
        f"{change.key}: {number_text(change.accuracy_a)} -> {number_text(change.accuracy_b)}, "
        f"{difference_text(change.difference)} [{low}, {high}], p {change.p_holm:.2g}, {change.n:,} examples"
    )


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"} & set(words):
        print(__doc__)
        return 0
    try:
        given = dict(word.split("=", 1) for word in words if "=" in word)
        if len(given) != len(words) or not set(given) <= {"A", "B", "out"} or not (given.get("A") and given.get("B")):
            raise UserError("two folders of records are needed: A=results/x B=results/y, and out=FILE if you like")
        found = compare(Path(given["A"]), Path(given["B"]))
        if "out" in given:
            frame = pd.DataFrame([asdict(change) for change in found[0]], columns=[f.name for f in fields(Change)])
            write_atomically(Path(given["out"]), frame_csv(frame))
    except (UserError, OSError) as error:
        say(f"error: {said(error)}", error=True)
        return 2
    say("\n".join([report(*found), *_with_other_files(Path(given["A"]), Path(given["B"]), found[1], found[2])]))
    return 0


def _with_other_files(a: Path, b: Path, only_a: list[str], only_b: list[str]) -> list[str]:
    """Lines on cells whose keys differ by what their files held alone."""
    if not (only_a and only_b):
        return []
    with redirect_stderr(io.StringIO()):  # what can't be read was said
        ours, theirs = _records(a, "A"), _records(b, "B")
    return other_files(
        (ours[key][1] for key in only_a if key in ours), (theirs[key][1] for key in only_b if key in theirs)
    )


if __name__ == "__main__":
    sys.exit(main())
