"""Objects that are to be classified: JSON lines, arrays and Parquet, whose values are written as JSON writes them."""

import json
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from bench.data.readers import json_rows
from bench.data.readers.utf8 import is_encodable, is_utf8
from bench.errors import UserError
from bench.predict.columns import TextColumns
from bench.predict.inputs import Inputs, OnEmpty, Source, checked

BATCH = 20_000
"""Rows of Parquet that are read at once."""
Wanted = Callable[[list[str]], TextColumns]
"""Which of the columns that there are make a text."""


def from_json(read: Callable[[], Iterator[str]], path: str, wanted: Wanted, on_empty: OnEmpty) -> Source:
    """Objects, one a line, or those of an array, which is read as a whole. Raises UserError and Malformed."""
    start = next(read(), "")

    def rows() -> Iterator[json_rows.Rows]:
        if not json_rows.has_a_row_a_line(start):
            yield json_rows.parse("".join(read()))
            return
        before = 0
        for piece in read():
            yield json_rows.parse_lines(piece, before)
            before += piece.count("\n")

    columns: dict[str, None] = {}
    for found in rows():
        found.refuse_repeated(found.columns)  # all of them are written beside the answers
        columns |= dict.fromkeys(found.columns)
    names = list(columns)
    texts = wanted(names)

    def blocks() -> Iterator[Inputs]:
        for found in rows():
            if found.rows:
                places = [f"{path}, {found.unit} {place}" for place in found.places]
                yield _block(found.rows, names, places, texts, on_empty)

    return _with_rows(names, blocks, path)


def from_parquet(file: Path, path: str, wanted: Wanted, on_empty: OnEmpty) -> Source:
    """The rows of a Parquet file. Raises UserError."""
    import pyarrow as pa
    import pyarrow.parquet

    unreadable = (pa.ArrowException, UnicodeError, OSError)

    def refused(error: Exception) -> UserError:
        return UserError(f"{path} cannot be read: {' '.join(str(error).split())}")

    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            columns = opened.schema_arrow.names
    except unreadable as error:
        raise refused(error) from error
    texts = wanted(columns)
    if len(set(columns)) != len(columns):
        raise UserError(f"{path} has several columns of one name; there are {', '.join(columns)}")

    def blocks() -> Iterator[Inputs]:
        before = 0
        try:
            with pyarrow.parquet.ParquetFile(file) as opened:
                for batch in opened.iter_batches(BATCH):
                    rows = batch.to_pylist()
                    places = [f"{path}, row {before + number} (from 0)" for number in range(len(rows))]
                    yield _block(rows, columns, places, texts, on_empty)
                    before += len(rows)
        except unreadable as error:
            raise refused(error) from error

    return _with_rows(columns, blocks, path)


def _with_rows(columns: list[str], blocks: Callable[[], Iterator[Inputs]], path: str) -> Source:
    """Raises UserError where there are no rows."""

    def some() -> Iterator[Inputs]:
        found = blocks()
        first = next(found, None)
        if first is None or not first.texts:
            raise UserError(f"{path} has no text: there are no rows")
        yield from chain([first], found)

    return Source(columns, some)


def _block(
    rows: list[dict[str, Any]], columns: list[str], places: list[str], wanted: TextColumns, on_empty: OnEmpty
) -> Inputs:
    texts = []
    for row, place in zip(rows, places, strict=True):
        found = {name: _text(row.get(name), name, place, several=len(wanted.columns) > 1) for name in wanted.columns}
        texts.append(wanted.text(found))
    written = [[_written(row.get(name)) for name in columns] for row in rows]
    return checked(texts, places, columns, written, on_empty)


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
    as_json = isinstance(value, bool | int | float | list | dict)  # others, as dates, have no form of JSON's own
    text = json.dumps(value, default=str, ensure_ascii=False) if as_json else str(value)
    return text.encode(errors="replace").decode()
