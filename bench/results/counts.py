"""In words: how much of a data set a task is made of, and what was left out of it."""

from typing import Protocol

from bench.results.measurements import Examples


class Counts(Protocol):
    """Rows of a source, and what was done with those that were not used as they stand: of a record, or as read."""

    @property
    def rows(self) -> int:
        """All of them."""

    @property
    def empty_lines(self) -> int:
        """No rows."""

    @property
    def unlabelled(self) -> int:
        """Left out, as are the next three."""

    @property
    def textless(self) -> int:
        """Without a text."""

    @property
    def not_single(self) -> int:
        """With several labels or none."""

    @property
    def excluded(self) -> int:
        """Of labels that are left out."""

    @property
    def relabelled(self) -> int:
        """Kept, under another spelling."""


def examples_text(examples: Examples, *, several: bool = False) -> str:
    """All there is to say about the examples of a record, in one phrase; empty where nothing is. `several`: they may
    have several labels."""
    parts = [
        share_text(
            len(examples.labels),
            examples.labels_available or 0,
            examples.rows_of_labels or 0,
            examples.rows_read or 0,
        ),
        "" if examples.cleaned is None else cleaned_text(examples.cleaned),
        left_out_text(
            examples.conflicting_texts or 0,
            examples.conflicts_dropped or 0,
            examples.duplicates_dropped,
            several=several,
        ),
        overlap_text(examples.test_texts_in_training),
        *(examples.notes or ()),
    ]
    return "; ".join(part for part in parts if part)


def share_text(labels: int, available: int, rows: int, rows_read: int) -> str:
    """What the task's labels are of all there are; empty where they are all."""
    return "" if labels >= available else f"{labels:,} of {available:,} labels, {rows:,} of {rows_read:,} rows"


def cleaned_text(counts: Counts) -> str:
    """What was done with rows that were not used as they stand; empty where nothing was."""
    left_out = [
        f"{count:,} {what}"
        for count, what in (
            (counts.unlabelled, "without a label"),
            (counts.textless, "without a text"),
            (counts.not_single, "with several labels or none"),
            (counts.excluded, "under excluded labels"),
        )
        if count
    ]
    parts = [f"of {_counted(counts.rows, 'row')} {' and '.join(left_out)} left out"] if left_out else []
    if counts.relabelled:
        parts.append(f"the labels of {_counted(counts.relabelled, 'row')} spelled as others")
    if counts.empty_lines:
        parts.append(f"{_counted(counts.empty_lines, 'empty line')} skipped")
    return ", ".join(parts)


def left_out_text(conflicting: int, conflicts_dropped: int, duplicates_dropped: int, *, several: bool = False) -> str:
    """What is not used because its text is there more than once; empty where nothing is."""
    parts, how = [], "labelled in several ways" if several else "with several labels"
    if conflicts_dropped:
        parts.append(f"{_counted(conflicts_dropped, 'row')} of {_counted(conflicting, 'text')} {how} left out")
    elif conflicting:
        parts.append(f"{_counted(conflicting, 'text')} {how} kept")
    if duplicates_dropped:
        parts.append(f"{_counted(duplicates_dropped, 'repeated text')} left out")
    return ", ".join(parts)


def overlap_text(test_texts_in_training: int | None) -> str:
    """Whether test texts were trained on; empty where none was, or that is not known."""
    if not test_texts_in_training:
        return ""
    verb = "is" if test_texts_in_training == 1 else "are"
    return f"{_counted(test_texts_in_training, 'test text')} {verb} in training, too"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
