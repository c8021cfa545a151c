"""The CSV file that somebody labels, or looks through."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.config import DataConfig
from bench.data.readers.delimited import Quoting, delimiter_of
from bench.errors import UserError, said
from bench.escape.sheet import guarded
from bench.models.outside import check_outside_models
from bench.results.store import write_atomically

_QUOTES: Mapping[Quoting, Mapping[str, Any]] = {
    "auto": {},
    "standard": {},
    "none": {"quoting": csv.QUOTE_NONE, "quotechar": None},
    "backslash": {"escapechar": "\\"},
}
"""What writes as `data.quoting` reads."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and rows of cells in their order."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def checked(given: str, *, force: bool, inputs: Sequence[str | None]) -> Path:
    """The file to write. Raises UserError where it is there already, is no place for a CSV file, or one of `inputs`.

    What is read is not written over, whatever `--force` says: not all of it is in what is written.
    """
    target = Path(given)
    if target.suffix.lower() != ".csv":
        raise UserError(f"--out {given} must end in .csv")
    if target.is_dir() or not target.parent.is_dir():
        raise UserError(f"--out {given}: {'it is a folder' if target.is_dir() else 'its folder is not there'}")
    if target.exists() and any(Path(each).exists() and target.samefile(each) for each in inputs if each is not None):
        raise UserError(f"--out {given} is read, and not all of it would be in what is written: give another name")
    check_outside_models(f"--out {given}", target)
    if target.exists() and not force:
        raise UserError(f"--out {given} is there already; --force writes over it")
    return target


def write(target: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table for somebody to look at, all at once; formulas have an apostrophe before them. Raises UserError."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([guarded(cell) for cell in row] for row in (columns, *rows))
    _write(target, out.getvalue().encode())


def write_as_data(target: Path, columns: Sequence[str], rows: Sequence[Sequence[str]], data: DataConfig) -> None:
    """Write a table that is read by the options of `data`: cells as they are, in its encoding. Raises UserError."""
    options: dict[str, Any] = {
        "delimiter": delimiter_of(data.delimiter, "data.delimiter") or ",",
        **_QUOTES[data.quoting],
    }
    out = io.StringIO()
    try:
        csv.writer(out, lineterminator="\n", **options).writerows([columns, *rows])
    except csv.Error as error:
        raise UserError(
            f"--out {target}: a cell has a quote, a {options['delimiter']!r} or an end of a line in it, which "
            f"data.quoting={data.quoting} cannot have ({said(error)}): take it out"
        ) from error
    _write(target, _encoded(out.getvalue(), target, data))


def _encoded(content: str, target: Path, data: DataConfig) -> bytes:
    for encoding in data.encoding.split(","):
        try:
            return content.encode(encoding.strip())
        except UnicodeEncodeError as error:
            odd = content[error.start]
    both = f"'data.encoding=\"utf-8,{data.encoding}\"'"
    raise UserError(f"--out {target}: {data.encoding} has no {odd!r}: give {both}, here and in the sweep")


def _write(target: Path, content: bytes) -> None:
    try:
        write_atomically(target, content)
    except OSError as error:
        raise UserError(f"--out {target}: {said(error)}") from error
