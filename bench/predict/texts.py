"""Reading what is to be classified, and refusing what can't be. Imports nothing heavy."""

import csv
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UserError

DELIMITERS = {".csv": ",", ".tsv": "\t"}


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


def from_file(path: str, text_column: str) -> Inputs:
    """The texts of a file: a column of CSV or TSV, or the lines of a `.txt`; `-` is standard input.

    Raises UserError, naming the file and the line.
    """
    if path == "-":
        return from_arguments(["-"])
    suffix = Path(path).suffix.lower()
    if suffix not in (*DELIMITERS, ".txt"):
        raise UserError(f"--file {path} must end in {', '.join(DELIMITERS)} or .txt (one text a line)")
    try:
        content = Path(path).expanduser().read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"--file {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"--file {path} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    if suffix == ".txt":
        return _from_lines(content, path)
    return _from_table(content, path, text_column, DELIMITERS[suffix])


def _from_lines(content: str, source: str) -> Inputs:
    if not content:
        raise UserError(f"{source} has no text")
    lines = [line.removesuffix("\r") for line in content.removesuffix("\n").split("\n")]
    return _checked(lines, [f"{source}, line {number}" for number in range(1, len(lines) + 1)])


def _from_table(content: str, path: str, text_column: str, delimiter: str) -> Inputs:
    csv.field_size_limit(sys.maxsize)  # texts may be long
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows, places, line = [], [], 1
    try:
        columns = next(reader, [])
        _check_columns(columns, path, text_column)
        for row in reader:
            begins, line = line, reader.line_num
            if not row:
                continue  # a blank line between rows is no row
            if len(row) != len(columns):
                raise UserError(f"{path}, line {begins + 1}: {len(row)} fields where the header has {len(columns)}")
            rows.append(row)
            places.append(f"{path}, line {begins + 1}")
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {error}") from error
    if not rows:
        raise UserError(f"{path} has no text: nothing stands below the column names")
    index = columns.index(text_column)
    return _checked([row[index] for row in rows], places, columns, rows)


def _check_columns(columns: list[str], path: str, text_column: str) -> None:
    if not columns:
        raise UserError(f"{path} is empty; its first line has to name the columns")
    if columns.count(text_column) != 1:
        found = "more than one" if text_column in columns else "no"
        raise UserError(f"{path} has {found} column {text_column!r}; there are {', '.join(columns)}; see --text-column")


def _checked(
    texts: list[str], places: list[str], columns: list[str] | None = None, rows: list[list[str]] | None = None
) -> Inputs:
    empty = [place for place, text in zip(places, texts, strict=True) if not text.strip()]
    if empty:
        count = f" ({len(empty)} texts are)" if len(empty) > 1 else ""
        raise UserError(f"{empty[0]}: the text is empty{count}")
    return Inputs(texts, places, columns or ["text"], rows or [[text] for text in texts])
