"""Whether rows have several labels, and how these are written: as lists, with a separator, or as columns of 0 and 1."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from bench.data.label_sets import SEPARATORS, YES_NO
from bench.data.readers.part import Part
from bench.data.spelled_lists import list_in
from bench.errors import UserError
from bench.init.guess import MAX_LABEL_LENGTH, MAX_LABELS, Guess, Values, is_called_label

MIN_SHARE = 0.02
"""Rows with several labels, as a share, from which on they are proposed."""
MIN_KNOWN = 0.9
"""Of what stands between separators, the share that stands in other rows, too: else it is prose."""


@dataclass(frozen=True, slots=True)
class LabelSets:
    """Where a row's labels stand, of which it may have several or none."""

    column: str | None
    """One that holds lists, or texts with `separator`; None: `columns` of 0 and 1."""
    separator: str | None
    columns: tuple[str, ...]
    share: float
    """Rows with several labels, about."""
    num_labels: int
    """Different ones in the rows that were looked at."""

    @property
    def is_proposed(self) -> bool:
        """Whether enough rows have several labels that somebody should know."""
        return self.share >= MIN_SHARE

    @property
    def label(self) -> Guess:
        """As it is said of a column of labels."""
        what = f"{self.num_labels} different labels"
        if self.column is None:
            return Guess(", ".join(self.columns), "columns of 0 and 1")
        how = "in lists" if self.separator is None else f"between {self.separator!r}"
        return Guess(self.column, f"{what} {how}")


def label_sets(
    parts: Sequence[Part], samples: Mapping[str, Values], taken: Iterable[str], asked: str | None
) -> LabelSets | None:
    """The labels of rows that may have several, out of columns that are not `taken`; None where none look like that.

    `samples` are values of each column, `asked` the columns that somebody named, separated by commas. Lists win over
    separators, a column that is called as labels are over others, and either over columns of 0 and 1.
    """
    gone = set(taken)
    names = [name for name in samples if name not in gone]
    if asked is not None:
        names = [asked] if asked in samples else [name.strip() for name in asked.split(",")]
    found = [sets for name in names if (sets := _of_lists(parts, name, samples[name])) is not None]
    found += [sets for name in names if (sets := _of_separator(name, samples[name])) is not None]
    called = [sets for sets in found if sets.column is not None and is_called_label(sets.column)]
    if found:
        return (called or found)[0]
    # a rare label may be 0 in all rows of a sample
    able = [name for name in names if _is_yes_no(samples[name]) and _holds_both(parts, name)]
    return _of_columns(able, samples) if len(able) > 1 else None


def refuse_single(label: str | None) -> UserError:
    """What is said where somebody asked for several labels and none are there."""
    where = "no column" if label is None else f"--label {label}"
    return UserError(
        f"--several: {where} holds lists of labels, texts with one of {' '.join(SEPARATORS)} between labels, or, as "
        "several columns, 0 and 1; --label names the column, or all columns of 0 and 1: --label bug,urgent"
    )


def _of_lists(parts: Sequence[Part], name: str, sample: Values) -> LabelSets | None:
    """A column of lists, or of texts that spell them out."""
    columns = [part.table[name] for part in parts if name in part.table.column_names]
    if columns and all(_is_list(column.type) for column in columns):
        rows = [value or [] for column in columns for value in column.to_pylist()]
        return _sets(name, None, [list(map(str, row)) for row in rows])
    lists = [list_in(value) for value in sample if value is not None and value.strip()]
    found = [each for each in lists if each is not None]
    return _sets(name, None, found) if found and len(found) == len(lists) else None


def _of_separator(name: str, sample: Values) -> LabelSets | None:
    """A column of texts with a separator: what stands between two of them are few names, each in several rows."""
    values = [value for value in sample if value is not None and value.strip()]
    for separator in SEPARATORS:
        rows = [[part.strip() for part in value.split(separator) if part.strip()] for value in values]
        sets = _sets(name, separator, rows)
        counts = Counter(label for row in rows for label in row)
        often = sum(count for count in counts.values() if count > 1)
        is_short = all(len(label) <= MAX_LABEL_LENGTH for label in counts)
        are_few = 2 <= len(counts) <= MAX_LABELS and often >= MIN_KNOWN * sum(counts.values())
        if sets.share >= MIN_SHARE and is_short and are_few:
            return sets
    return None


def _of_columns(names: Sequence[str], samples: Mapping[str, Values]) -> LabelSets | None:
    """Columns of 0 and 1, of which more than one is 1 in some rows."""
    counts = [sum(map(bool, map(_yes, values))) for values in zip(*(samples[name] for name in names), strict=True)]
    several = sum(count > 1 for count in counts) / max(len(counts), 1)
    return LabelSets(None, None, tuple(names), several, len(names)) if several >= MIN_SHARE else None


def _sets(name: str, separator: str | None, rows: Sequence[Sequence[str]]) -> LabelSets:
    several = sum(len(set(row)) > 1 for row in rows) / max(len(rows), 1)
    return LabelSets(name, separator, (), several, len({label for row in rows for label in row}))


def _yes(value: str | None) -> bool | None:
    return YES_NO.get("" if value is None else value.strip().lower())


def _is_yes_no(sample: Values) -> bool:
    return bool(sample) and all(_yes(value) is not None for value in sample)


def _holds_both(parts: Sequence[Part], name: str) -> bool:
    """Whether a column holds 0 and 1 in all of its rows, and both in some."""
    columns = [part.table[name] for part in parts if name in part.table.column_names]
    values = {None if value is None else str(value) for column in columns for value in pc.unique(column).to_pylist()}
    return {_yes(value) for value in values} == {True, False}


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
