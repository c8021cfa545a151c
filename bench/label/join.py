"""The rows of a data set's own file, and those that were labelled since, as one table."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count

from bench.config import DataConfig
from bench.data.label_sets import counted as counted_labels
from bench.data.label_sets import is_list, label_set_column
from bench.data.read import read_parts
from bench.data.readers.part import Part
from bench.data.sametext import is_blank
from bench.errors import UserError
from bench.escape.sheet import unguarded
from bench.kind import MULTI_LABEL
from bench.label.cells import how_to_fill, is_filled, label_columns, names_in, written
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
    num_new: int
    new_labels: Counter[str]
    """Of the new rows."""
    unknown: Sequence[str]
    """Those of them that no old row has."""
    num_empty: int
    """New rows with a label that were left out, for they have no text."""

    def said(self) -> str:
        """What was joined, and what may be a slip of the keyboard."""
        known = f"{self.num_old:,} rows and {self.num_new:,} new ones"
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
    if missing := [name for name in (*data.text_columns, *label_columns(data)) if name not in columns]:
        raise UserError(f"data {data.name}: {data.path} has no column {missing[0]!r}; there are {', '.join(columns)}")
    before, known = _rows(old, columns, data), _known(old, data)
    at = [columns.index(name) for name in label_columns(data)]
    new = [row for row in _new_rows(given, columns, data, before) if is_filled([row.cells[place] for place in at])]
    texts = [columns.index(name) for name in data.text_columns]
    after = [row for row in new if not all(is_blank(row.cells[place]) for place in texts)]
    if not after:
        raise UserError(f"no row of {given.path} has a label {how_to_fill(data)}, and a text")
    sets = [_put_labels(row, at, known, data) for row in after]
    labels = Counter(label for names in sets for label in names)
    unknown = [label for label in labels if label not in known]
    table = [*before, *(row.cells for row in after)]
    return Joined(columns, table, len(before), len(after), labels, unknown, len(new) - len(after))


def _known(old: Part, data: DataConfig) -> set[str]:
    """The labels of the old rows, as they are in the file."""
    if data.kind != MULTI_LABEL:
        return set(_cells(old, data.label_column, data))
    column, names = label_set_column(old, data)
    return {*names, *counted_labels(column, data)}


def _put_labels(row: "_Row", at: Sequence[int], known: Collection[str], data: DataConfig) -> list[str]:
    """The labels of a new row, whose cells are written as the data's own are. Raises UserError.

    A single label has no blanks around it, which a hand leaves, unless an old row has them.
    """
    cells = [row.cells[place] for place in at]
    if data.kind != MULTI_LABEL and cells[0] in known:
        return cells
    try:
        names = names_in(cells, data)
    except ValueError as error:
        raise UserError(f"{row.place}: {error}") from error
    for place, cell in zip(at, written(names, data), strict=True):
        row.cells[place] = cell
    return names


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that was labelled."""

    place: str
    """Where it stands in its file."""
    cells: list[str]


def _rows(part: Part, columns: Sequence[str], data: DataConfig) -> list[list[str]]:
    return [list(row) for row in zip(*(_cells(part, name, data) for name in columns), strict=True)]


def _cells(part: Part, column: str, data: DataConfig) -> list[str]:
    """A column as text; what integers stand for, where the source says so, and lists of labels spelled out."""
    names = part.class_names.get(column)
    if column == data.label_column and is_list(part.table[column].type):
        return label_set_column(part, data)[0].to_pylist()
    values = part.table[column].to_pylist()
    return ["" if value is None else str(value if names is None else names[value]) for value in values]


def _new_rows(
    given: GivenFile, columns: Sequence[str], data: DataConfig, before: Sequence[Sequence[str]]
) -> list[_Row]:
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
    return [_Row(place, cells) for place, cells in zip(found.places, rows, strict=True)]
