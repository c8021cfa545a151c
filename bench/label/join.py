"""The rows of a data set's own file, and those that were labelled since, as one table."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count

from bench.config import DataConfig
from bench.data.read import read_parts
from bench.data.readers.part import Part
from bench.data.sametext import is_blank
from bench.errors import UserError
from bench.escape.sheet import unguarded
from bench.label.experiment import Experiment
from bench.label.reading import GivenFile, read
from bench.sources.cache import cache_folder
from bench.wording import counted


@dataclass(frozen=True, slots=True)
class Joined:
    """A table of old rows and new ones."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    num_old: int
    new_labels: Counter[str]
    """Of the new rows."""
    unknown: Sequence[str]
    """Those of them that no old row has."""
    num_empty: int
    """New rows with a label that were left out, for they have no text."""

    def said(self) -> str:
        """What was joined, and what may be a slip of the keyboard."""
        known = f"{self.num_old:,} rows and {self.new_labels.total():,} new ones"
        if self.num_empty:
            known += f" ({self.num_empty:,} without a text left out)"
        if not self.unknown:
            return known
        each = ", ".join(f"{label!r} ({self.new_labels[label]})" for label in self.unknown)
        return f"{known}; {counted(len(self.unknown), 'label')} of theirs no old row has: {each}"


def joined(given: GivenFile, asked: Experiment) -> Joined:
    """The rows of the data's own file with those of another below them that have a label, by the columns of the data.

    A new row whose id is not known is called by its place. Raises UserError where the data are no single file, and
    where the other can't be read, lacks a column, or has no label.
    """
    data = asked.data
    if data.source != "file" or data.test_path is not None:
        raise UserError(f"--join goes with data of one file (data=file), and {data.name} is none")
    settings = asked.settings
    (old,) = read_parts(data, cache_folder(settings.cache_dir), settings.mirror_dir)[0]
    columns = old.table.column_names
    if missing := [name for name in (*data.text_columns, data.label_column) if name not in columns]:
        raise UserError(f"data {data.name}: {data.path} has no column {missing[0]!r}; there are {', '.join(columns)}")
    before = _rows(old, columns)
    at = columns.index(data.label_column)
    known = {row[at] for row in before}
    rows = [_with_label(row, at, known) for row in _new_rows(given, columns, data, before) if row[at].strip()]
    texts = [columns.index(name) for name in data.text_columns]
    after = [row for row in rows if not all(is_blank(row[place]) for place in texts)]
    if not after:
        raise UserError(f"no row of {given.path} has a label in column {data.label_column}, and a text")
    labels = Counter(row[at] for row in after)
    unknown = [label for label in labels if label not in known]
    return Joined(columns, [*before, *after], len(before), labels, unknown, len(rows) - len(after))


def _with_label(row: list[str], at: int, known: Collection[str]) -> list[str]:
    """The row without blanks around its label, which a hand leaves, unless an old row has them."""
    label = row[at] if row[at] in known else row[at].strip()
    return [*row[:at], label, *row[at + 1 :]]


def _rows(part: Part, columns: Sequence[str]) -> list[list[str]]:
    return [list(row) for row in zip(*(_cells(part, name) for name in columns), strict=True)]


def _cells(part: Part, column: str) -> list[str]:
    """A column as text; what integers stand for, where the source says so."""
    names = part.class_names.get(column)
    values = part.table[column].to_pylist()
    return ["" if value is None else str(value if names is None else names[value]) for value in values]


def _new_rows(
    given: GivenFile, columns: Sequence[str], data: DataConfig, before: Sequence[Sequence[str]]
) -> list[list[str]]:
    found = read(given, data)
    there = found.columns
    missing = [name for name in columns if name not in there and name != data.id_column]
    if missing:
        raise UserError(f"{given.path} has no column {missing[0]!r}, which the data have; there are {', '.join(there)}")
    places = [there.index(name) for name in columns if name in there]
    rows = [[unguarded(row[place]) for place in places] for row in found.rows]
    if data.id_column in columns and data.id_column not in there:
        at = columns.index(data.id_column)
        taken = {row[at] for row in before}
        free = (name for number in count(len(before)) if (name := f"new-{number}") not in taken)
        for row, name in zip(rows, free, strict=False):
            row.insert(at, name)
    return rows
