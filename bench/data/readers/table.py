"""Labelled texts in a table file: CSV, TSV, JSON, Parquet, or Orange's `.tab`."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers import delimited, json_rows
from bench.data.readers.files import JSON_FILES, Malformed, ending_text, kind_of, refuse_irregular, said_of
from bench.data.readers.part import (
    Part,
    chosen_splits,
    columns_asked,
    read_text,
    refuse_repeated,
    wanted_columns,
    written_class_names,
)
from bench.data.readers.values import column, strings

NOT_READ = "is not read, for it holds"
"""Stands in notes on columns that nobody asked for."""
MAX_INSIDE = 10
"""Columns inside another that a message names."""


def read_tables(root: Path, data: DataConfig) -> list[Part]:
    """The table at `root`, or those in the folder `root` that `data.splits` names (null: all, by name).

    A file's split is its name without the extension. Raises UserError.
    """
    files = [root] if root.is_file() else sorted(path for path in root.iterdir() if path.suffix in READERS)
    found = {path.stem: path for path in files}
    return [read_table(found[split], split, data) for split in chosen_splits(data, found)]


def read_table(path: Path, split: str, data: DataConfig, columns: tuple[str, ...] | None = None) -> Part:
    """The table in the file, by its extension. Raises UserError where it cannot be read as such.

    `columns` are the names of those of a CSV or TSV file that has no line of them.
    """
    reader = READERS.get(kind_of(path))
    if columns is not None and kind_of(path) in (".csv", ".tsv"):
        usual = "," if kind_of(path) == ".csv" else "\t"
        reader = functools.partial(_read_delimited, delimiter=usual, columns=columns)
    if reader is None:
        raise data_error(data, f"data.path={path.name} {ending_text(path, READERS)}")
    try:
        refuse_irregular(path)
        return reader(path, split, data)
    except Malformed as error:
        raise data_error(data, said_of(f"data.path={path.name}", error)) from error
    except (OSError, pa.ArrowException) as error:  # Arrow raises OSError for a damaged Parquet file, too
        reason = " ".join(str(error).split())
        raise data_error(data, f"data.path={path.name} cannot be read: {reason}") from error


def _read_csv(path: Path, split: str, data: DataConfig) -> Part:
    """Separated by commas (or what the column names show), with a line of column names."""
    return _read_delimited(path, split, data, delimiter=",")


def _read_tsv(path: Path, split: str, data: DataConfig) -> Part:
    return _read_delimited(path, split, data, delimiter="\t")


def _read_orange(path: Path, split: str, data: DataConfig) -> Part:
    """Orange's format: tab-separated, with a line of types and a line of roles below the column names."""
    return _read_delimited(path, split, data, delimiter="\t", more_header_lines=2)


def _read_delimited(
    path: Path,
    split: str,
    data: DataConfig,
    *,
    delimiter: str,
    more_header_lines: int = 0,
    columns: tuple[str, ...] | None = None,
) -> Part:
    """Everything as it is written: "007" stays "007", and only an empty cell is missing ("None" may be a label)."""
    asked = delimited.delimiter_of(data.delimiter, "data.delimiter")
    layout = delimited.Layout(delimiter, asked, data.quoting, more_header_lines, columns)
    wanted = [name for _, name in columns_asked(data)]
    label = data.label_column if wanted and data.label_columns is None else None
    table = delimited.parse(read_text(path, data), layout, wanted=wanted, label=label)
    refuse_repeated(table.columns, data)
    numbers = table.numbers  # and no more of the table is kept, for it is large
    place = _places(path, table.lines, "line", numbers)
    found = {}
    for name in wanted_columns(data, table.columns):
        at = table.columns.index(name)
        found[name] = strings([row[at] or None for row in table.rows], place)
    return Part(
        split,
        pa.table(found),
        tuple(table.columns),
        place=place,
        row=lambda row: f"row {numbers[row]}",
        notes=table.notes,
        empty_lines=table.empty_lines,
        delimiter=table.delimiter,
    )


def _read_json(path: Path, split: str, data: DataConfig) -> Part:
    """One JSON object a line, or an array of them. (Arrow's own reader would take some texts for dates.)"""
    found = json_rows.parse(read_text(path, data))
    places, unit = found.places, found.unit
    place = _places(path, places, unit)
    columns, notes, names = {}, [], found.columns
    single = data.text_columns if len(data.text_columns) == 1 else ()
    wanted = wanted_columns(data, names)
    found.refuse_repeated(wanted)
    for name in wanted:
        values = found.values(name)
        option = next((option for option, asked in columns_asked(data) if asked == name), None)
        try:
            columns[name], note = column(values, place, mixed=name not in single)
        except Malformed as error:
            inside = [other for other in names if other.startswith(f"{name}.")]
            if inside and option is None:  # what is in it is read
                continue
            error = Malformed(f"{error}; columns in it are {', '.join(inside[:MAX_INSIDE])}") if inside else error
            if option is None:  # nobody asked for this column
                notes.append(f"column {name} {NOT_READ} {error}")
                continue
            raise Malformed(f"data.{option}={name} holds {error}") from error
        notes += [] if note is None or option is None else [f"data.{option}={name}: {note}"]
    return Part(
        split,
        pa.table(columns),
        tuple(names),
        place=place,
        row=lambda row: f"{unit} {places[row]}",
        notes=tuple(notes),
        empty_lines=found.empty_lines,
    )


def _read_parquet(path: Path, split: str, data: DataConfig) -> Part:
    """Parquet; the names of integer labels are taken from the metadata that `datasets` writes."""
    if path.suffix.lower() == ".gz":
        raise Malformed("Parquet is compressed inside; unpack it")
    with pyarrow.parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        refuse_repeated(schema.names, data)
        table = file.read(columns=(wanted := wanted_columns(data, schema.names)))
    names = written_class_names(schema.metadata, wanted)
    return Part(split, table, tuple(schema.names), names, row=lambda row: f"row {row}", counts_from_0=True)


def _places(path: Path, lines: Sequence[int], unit: str, numbers: Sequence[int] | None = None) -> Callable[[int], str]:
    """A function from a row's number (from 0) to where it stands."""

    def place(row: int) -> str:
        also = f" (row {numbers[row]} of a spreadsheet)" if numbers is not None and numbers[row] != lines[row] else ""
        return f"{path.name}, {unit} {lines[row]}{also}"

    return place


READERS: dict[str, Callable[[Path, str, DataConfig], Part]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".tab": _read_orange,
    **dict.fromkeys(JSON_FILES, _read_json),
    ".parquet": _read_parquet,
}
