"""Reading what is to be classified, and refusing what can't be. Imports nothing heavy."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data.readers import delimited, json_rows
from bench.data.readers.delimited import Quoting
from bench.data.readers.files import (
    DELIMITERS,
    JSON_FILES,
    Malformed,
    content_of,
    decoded,
    kind_of,
    local_path,
    refuse_irregular,
    said_of,
)
from bench.data.readers.utf8 import is_encodable, is_utf8
from bench.data.sametext import is_blank
from bench.errors import UserError
from bench.predict.columns import UNKNOWN, Joining, TextColumns, candidates


@dataclass(frozen=True, slots=True)
class Inputs:
    """Texts, where each one stood, and the table row it came with."""

    texts: list[str]
    places: list[str]
    columns: list[str]
    """Names of the columns of `rows`."""
    rows: list[list[str]]


def from_arguments(texts: Sequence[str]) -> Inputs:
    """Texts of the command line; a single `-` stands for standard input, one text a line. Raises UserError."""
    if list(texts) == ["-"]:
        return _from_lines(sys.stdin.read(), "standard input")
    return _checked(list(texts), [f"text {number}" for number in range(1, len(texts) + 1)])


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read, as `data.encoding`, `data.delimiter` and `data.quoting` say it of training data."""

    encoding: str = "utf-8"
    delimiter: str | None = None
    quoting: Quoting = "auto"
    template: str | None = None
    """How a text is made of several columns, as `data.text_template`; None: as `trained` says."""
    trained: Joining = UNKNOWN
    """What the model's training texts were made of."""


def from_file(path: str, text_column: str | None, reading: Reading | None = None) -> Inputs:
    """The texts of a file: a column of a table, or the lines of a `.txt`; `-` is standard input.

    `text_column` may be several columns, separated by commas, which are joined as training joins them; None: those
    that the model was trained on, or `text`.

    Tables are read as training reads them (`bench.data.readers`). Raises UserError, naming the file and the line.
    """
    if path == "-":
        return from_arguments(["-"])
    reading = reading or Reading()
    try:
        return _from_path(local_path(path), path, text_column, reading)
    except OSError as error:
        raise UserError(f"--file {path}: {error.strerror or error}") from error
    except Malformed as error:
        raise UserError(" ".join(said_of(path, error).split())) from error


def _from_path(file: Path, path: str, text_column: str | None, reading: Reading) -> Inputs:
    kind = kind_of(file)
    if kind not in (*DELIMITERS, *JSON_FILES, ".parquet", ".txt"):
        named = ", ".join((*DELIMITERS, *JSON_FILES, ".parquet"))
        raise UserError(f"--file {path} must end in {named} or .txt (one text a line)")
    refuse_irregular(file)
    if kind == ".parquet":
        return _from_parquet(file, path, text_column, reading)
    content = decoded(content_of(file), reading.encoding, "--encoding")
    if kind == ".txt":
        return _from_lines(content, path)
    if kind in JSON_FILES:
        found = json_rows.parse(content)
        found.refuse_repeated(found.columns)  # all of them are written beside the answers
        places = [f"{path}, {found.unit} {place}" for place in found.places]
        return _from_objects(found.rows, found.columns, places, path, _texts(found.columns, path, text_column, reading))
    asked = delimited.delimiter_of(reading.delimiter, "--delimiter")
    more = 2 if kind == ".tab" else 0
    layout = delimited.Layout(DELIMITERS[kind], asked, reading.quoting, more_header_lines=more)
    table = delimited.parse(content, layout, wanted=candidates(text_column, reading.trained), label=None, prefix="--")
    for note in table.notes:
        print(f"{path}: {note}", file=sys.stderr)
    wanted = _texts(table.columns, path, text_column, reading)
    if not table.rows:
        raise UserError(f"{path} has no text: nothing stands below the column names")
    places = [f"{path}, line {line}" for line in table.lines]
    texts = [wanted.text(dict(zip(table.columns, row, strict=True))) for row in table.rows]
    return _checked(texts, places, table.columns, table.rows)


def _texts(there: list[str], path: str, asked: str | None, reading: Reading) -> TextColumns:
    return TextColumns(there, path, asked, reading.template, reading.trained)


def _from_parquet(file: Path, path: str, text_column: str | None, reading: Reading) -> Inputs:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            columns = opened.schema_arrow.names
            wanted = _texts(columns, path, text_column, reading)
            rows = opened.read().to_pylist() if len(set(columns)) == len(columns) else None
    except (pa.ArrowException, UnicodeError, OSError) as error:
        raise UserError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if rows is None:
        raise UserError(f"{path} has several columns of one name; there are {', '.join(columns)}")
    places = [f"{path}, row {number} (from 0)" for number in range(len(rows))]
    return _from_objects(rows, columns, places, path, wanted)


def _from_objects(
    rows: list[dict[str, Any]], columns: list[str], places: list[str], path: str, wanted: TextColumns
) -> Inputs:
    """Rows of JSON or Parquet, whose other values are written as JSON writes them, texts without quotes."""
    if not rows:
        raise UserError(f"{path} has no text: there are no rows")
    texts = []
    for row, place in zip(rows, places, strict=True):
        found = {name: _text(row.get(name), name, place, several=len(wanted.columns) > 1) for name in wanted.columns}
        texts.append(wanted.text(found))
    written = [[_written(row.get(name)) for name in columns] for row in rows]
    return _checked(texts, places, columns, written)


def _text(value: Any, column: str, place: str, *, several: bool) -> str:
    """What stands in a text's column; one of several may also hold a number. Raises UserError."""
    text = value.decode() if isinstance(value, bytes) and is_utf8(value) else value
    if several and isinstance(text, int):
        text = json.dumps(text)
    if text is not None and not (isinstance(text, str) and is_encodable(text)):
        what = "half a character (a lone surrogate)" if isinstance(text, str) else type(text).__name__
        raise UserError(f"{place}: {column!r} holds {what}, not text")
    return text or ""


def _written(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text.encode(errors="replace").decode()


def _from_lines(content: str, source: str) -> Inputs:
    if not content:
        raise UserError(f"{source} has no text")
    lines = [line.removesuffix("\r") for line in content.removesuffix("\n").split("\n")]
    return _checked(lines, [f"{source}, line {number}" for number in range(1, len(lines) + 1)])


def _checked(
    texts: list[str], places: list[str], columns: list[str] | None = None, rows: list[list[str]] | None = None
) -> Inputs:
    empty = [place for place, text in zip(places, texts, strict=True) if is_blank(text)]
    if empty:
        count = f" ({len(empty)} texts are)" if len(empty) > 1 else ""
        raise UserError(f"{empty[0]}: the text is empty{count}; give only rows that have a text")
    if broken := [place for place, text in zip(places, texts, strict=True) if not is_encodable(text)]:
        raise UserError(f"{broken[0]}: the text holds bytes that are no UTF-8, or half a character")
    return Inputs(texts, places, columns or ["text"], rows or [[text] for text in texts])
