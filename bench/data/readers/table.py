"""Labelled texts in a table file: CSV, TSV, JSON lines, Parquet, or Orange's `.tab`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers.part import Part, chosen_splits, read_text, wanted_columns, written_class_names


def read_tables(root: Path, data: DataConfig) -> list[Part]:
    """The table at `root`, or those in the folder `root` that `data.splits` names (null: all, by name).

    A file's split is its name without the extension. Raises UserError.
    """
    files = [root] if root.is_file() else sorted(path for path in root.iterdir() if path.suffix in READERS)
    found = {path.stem: path for path in files}
    return [read_table(found[split], split, data) for split in chosen_splits(data, found)]


def read_table(path: Path, split: str, data: DataConfig) -> Part:
    """The table in the file, by its extension. Raises UserError where it cannot be read as such."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise data_error(data, f"data.path={path.name} must end in one of {', '.join(READERS)}")
    try:
        return reader(path, split, data)
    except (OSError, pa.ArrowException) as error:  # Arrow raises OSError for a damaged Parquet file, too
        reason = " ".join(str(error).split())
        raise data_error(data, f"data.path={path.name} cannot be read: {reason}") from error


def _read_csv(path: Path, split: str, data: DataConfig) -> Part:
    """Comma-separated, with a line of column names; cells may be quoted and then span lines."""
    return _read_delimited(path, split, data, delimiter=",")


def _read_tsv(path: Path, split: str, data: DataConfig) -> Part:
    return _read_delimited(path, split, data, delimiter="\t")


def _read_orange(path: Path, split: str, data: DataConfig) -> Part:
    """Orange's format: tab-separated, with a line of types and a line of roles below the column names."""
    return _read_delimited(path, split, data, delimiter="\t", header_lines=3)


def _read_delimited(path: Path, split: str, data: DataConfig, *, delimiter: str, header_lines: int = 1) -> Part:
    content = read_text(path, data).encode()
    # Everything is read as it is written: "007" stays "007", and only an empty cell is missing ("None" and
    # "NA" are labels in some data).
    wanted = wanted_columns(data, [data.text_column, data.label_column, data.id_column or ""])
    table = pyarrow.csv.read_csv(
        pa.BufferReader(content),
        # one block, for a row longer than a block is an error
        read_options=pyarrow.csv.ReadOptions(
            block_size=min(len(content) + 1, 2**31 - 1), skip_rows_after_names=header_lines - 1
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(wanted, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )
    _refuse_repeated(table.column_names, data)
    return Part(split, table.select(wanted_columns(data, table.column_names)), tuple(table.column_names))


def _refuse_repeated(names: list[str], data: DataConfig) -> None:
    repeated = [name for name in wanted_columns(data, names) if names.count(name) > 1]
    if repeated:
        raise data_error(data, f"the file has more than one column {repeated[0]!r}")


def _read_json_lines(path: Path, split: str, data: DataConfig) -> Part:
    """One JSON object a line. (Arrow's own reader would take texts that look like dates for dates.)"""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(read_text(path, data).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise data_error(data, f"{path.name}, line {number}: not JSON ({error})") from error
        if not isinstance(row, dict):
            raise data_error(data, f"{path.name}, line {number}: not a JSON object")
        rows.append(row)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    wanted = wanted_columns(data, columns)
    table = pa.table({name: pa.array([row.get(name) for row in rows]) for name in wanted})
    return Part(split, table, tuple(columns))


def _read_parquet(path: Path, split: str, data: DataConfig) -> Part:
    """Parquet; the names of integer labels are taken from the metadata that `datasets` writes."""
    with pyarrow.parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        table = file.read(columns=wanted_columns(data, schema.names))
    names = written_class_names(schema.metadata, data.label_column)
    return Part(split, table, tuple(schema.names), names)


READERS: dict[str, Callable[[Path, str, DataConfig], Part]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".tab": _read_orange,
    ".jsonl": _read_json_lines,
    ".parquet": _read_parquet,
}
