"""Tables that cells kept as Parquet files, read with suspicion: they may be cut, damaged, or written by anybody."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.results.store import Damaged, read_named

DICTIONARIES = ("label", "predicted")
"""Columns that are read as codes of few texts."""
MAX_ROWS = 100_000_000
TEXT = "text"
"""A column of texts, none missing."""
TEXT_OR_NONE = "text, or nothing"
TEXT_LISTS = "lists of texts"
"""A column of lists of texts, none missing in a list."""
SHARES = "lists of as many numbers from 0 to 1 each, or nothing"
ROUNDING = 1e-3
"""What a probability in single precision may be off by."""


class UnreadableTable(Exception):
    """A file that is gone, damaged, or not what it should be; the message names it and says why."""


def content_of(path: Path) -> bytes:
    """The content of a file that its name is made of. Raises UnreadableTable."""
    try:
        return read_named(path)
    except FileNotFoundError:
        raise UnreadableTable(f"{path.name} is gone") from None
    except Damaged as error:
        raise UnreadableTable(str(error)) from None
    except (OSError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableTable(f"{path.name}: {reason}") from error


def read_table(content: bytes, name: str, kinds: Mapping[str, str]) -> pa.Table:
    """The columns of a Parquet file that are among `kinds` (by name: one of the constants above), checked.

    A column of `SHARES` may be missing. Raises UnreadableTable.
    """
    try:
        table = _parsed(content, kinds)
        reason = next(filter(None, (_wrong(table, column, kind) for column, kind in kinds.items())), None)
    except KeyError as error:  # the library's, for a column that is to be read as a dictionary
        lacking = next((name for name in DICTIONARIES if name.encode() in error.args), str(error))
        raise UnreadableTable(f"{name} lacks the column {lacking}") from error
    except Exception as error:  # what a library does with such a file, no list of its errors says
        raise UnreadableTable(f"{name}: {type(error).__name__}: {' '.join(str(error).split())}") from error
    if reason is not None:
        raise UnreadableTable(f"{name} {reason}")
    return table


def _parsed(content: bytes, kinds: Mapping[str, str]) -> pa.Table:
    coded = [name for name in DICTIONARIES if kinds.get(name) in (TEXT, TEXT_OR_NONE)]
    with pq.ParquetFile(pa.BufferReader(content), read_dictionary=coded) as file:
        if file.metadata.num_rows > MAX_ROWS:
            raise ValueError(f"{file.metadata.num_rows:,} rows")
        names = [name for name in file.schema_arrow.names if name in kinds]
        if len(set(names)) < len(names):
            raise ValueError("several columns have one name")
        table = file.read(columns=names, use_threads=False)
    table.validate(full=True)  # UTF-8 and places in dictionaries, too
    return table


def _wrong(table: pa.Table, name: str, kind: str) -> str | None:
    """What is wrong with a column; None where it is as it should be."""
    if name not in table.column_names:
        return None if kind == SHARES else f"lacks the column {name}"
    column = table[name]
    if pa.types.is_null(column.type) and kind != TEXT:
        return None
    if kind in LISTS:
        return (
            None if LISTS[kind](column) else f"has no lists of {LISTED[kind]} in the column {name}, but {column.type}"
        )
    if not _is_text(column.type):
        return f"has no texts in the column {name}, but {column.type}"
    if kind == TEXT and column.null_count:
        return f"has {column.null_count:,} empty places in the column {name}"
    return None


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_text_lists(column: pa.ChunkedArray) -> bool:
    if not _is_list(column.type):
        return False
    of = column.type.value_type  # nothing, where all lists are empty
    return (pa.types.is_null(of) or _is_text(of)) and not pc.list_flatten(column).null_count


def _is_shares(column: pa.ChunkedArray) -> bool:
    kind = column.type
    return _is_list(kind) and (pa.types.is_float32(kind.value_type) or pa.types.is_float64(kind.value_type))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


LISTS: Mapping[str, Callable[[pa.ChunkedArray], bool]] = {TEXT_LISTS: _is_text_lists, SHARES: _is_shares}
LISTED = {TEXT_LISTS: "texts", SHARES: "numbers"}


def check_shares(lists: pa.Array, name: str) -> None:
    """Raise UnreadableTable where lists without nulls are not of one length, or hold other than numbers from 0 to 1."""
    lengths = pc.unique(pc.list_value_length(lists)).to_pylist()
    if len(lengths) != 1 or not lengths[0]:
        raise UnreadableTable(f"{name}: examples have different numbers of probabilities")
    flat = lists.flatten()
    bounds = pc.min_max(flat).as_py()
    if flat.null_count or pc.any(pc.is_nan(flat)).as_py() or bounds["min"] < 0 or bounds["max"] > 1 + ROUNDING:
        raise UnreadableTable(f"{name}: probabilities are not all from 0 to 1")
