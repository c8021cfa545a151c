"""The CSV file that somebody labels, or looks through."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UserError, said
from bench.escape.sheet import guarded
from bench.results.store import write_atomically


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and rows of cells in their order."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def checked(given: str, *, force: bool) -> Path:
    """The file to write. Raises UserError where it is there already, or is no place for a CSV file."""
    target = Path(given)
    if target.suffix.lower() != ".csv":
        raise UserError(f"--out {given} must end in .csv")
    if target.is_dir() or not target.parent.is_dir():
        raise UserError(f"--out {given}: {'it is a folder' if target.is_dir() else 'its folder is not there'}")
    if target.exists() and not force:
        raise UserError(f"--out {given} is there already; --force writes over it")
    return target


def write(target: Path, columns: Sequence[str], rows: Sequence[Sequence[str]], *, raw: bool = False) -> None:
    """Write the table, all at once; formulas have an apostrophe before them, unless it is `raw`. Raises UserError."""
    safe = str if raw else guarded
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([safe(cell) for cell in row] for row in (columns, *rows))
    try:
        write_atomically(target, out.getvalue().encode())
    except OSError as error:
        raise UserError(f"--out {target}: {said(error)}") from error
