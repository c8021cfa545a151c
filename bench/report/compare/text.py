"""What the terminal says of cells that changed: biggest first, and how much was compared."""

import numpy as np

from bench.report.compare.cells import Change, is_changed
from bench.report.content.wording import difference_text, number_text
from bench.report.inputs.record_sets import RecordSet
from bench.report.statistics.paired import ALPHA
from bench.results.block import ROUNDING
from bench.wording import counted

MAX_LINES = 30


def text(changes: list[Change], only_a: list[str], only_b: list[str]) -> str:
    """For the terminal: what changed, biggest first, and how much was compared."""
    changed = sorted(filter(is_changed, changes), key=lambda change: -abs(np.nan_to_num(change.difference, nan=9)))
    tested = [change for change in changes if not np.isnan(change.p)]
    lines = [_line(change) for change in changed[:MAX_LINES]]
    if len(changed) > MAX_LINES:
        lines.append(f"and {len(changed) - MAX_LINES} more")
    if tested:
        lines.append(
            f"{len(changed)} of {len(changes)} cells changed beyond noise ({len(tested)} tested on the same examples, "
            f"McNemar, Holm, p < {ALPHA:.2g})"
        )
        mean = np.mean([change.difference for change in tested])
        what = " or ".join(_accuracies(tested))
        lines.append(f"mean difference in {what} over the tested cells, B less A: {difference_text(float(mean), 4)}")
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
        what = " or ".join(_accuracies(some)).replace("accuracy", "accuracies")
        line = (
            f"{counted(len(some), 'cell')} not tested, for the predictions of {lacking} are missing or damaged; by the "
            f"{what} in their records {len(some) - len(apart)} are the same and {len(apart)} differ"
        )
        if apart:
            most = max(apart, key=lambda change: abs(change.accuracy_a - change.accuracy_b))
            line += f", most {most.key}: {number_text(most.accuracy_a)} -> {number_text(most.accuracy_b)}"
        lines.append(line)
    return lines


def _accuracies(changes: list[Change]) -> list[str]:
    """What shares of right examples are called: of several labels a text, all of them are right."""
    return [f"{'subset ' if several else ''}accuracy" for several in sorted({each.has_several for each in changes})]


def unreadable(ours: RecordSet, theirs: RecordSet) -> list[str]:
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
