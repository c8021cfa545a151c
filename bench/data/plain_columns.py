"""Columns of a table, plainly encoded: texts as texts, whatever way a file stores them."""

import pyarrow as pa

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.problems import named
from bench.data.readers.part import Part
from bench.data.readers.utf8 import is_utf8


def plain_column(part: Part, name: str, option: str, data: DataConfig) -> pa.ChunkedArray:
    """The column, plainly encoded. Raises UserError, naming `option`, where it has bytes that are no text."""
    column = part.table[name]
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    if _is_binary(column.type) or is_text(column.type):
        _refuse_no_unicode(column, part, f"{option}={name}", data)
    return column.cast(pa.large_string()) if _is_binary(column.type) else column


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds strings."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_binary(kind: pa.DataType) -> bool:
    """Whether a column of this type holds bytes."""
    return (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _refuse_no_unicode(column: pa.ChunkedArray, part: Part, option: str, data: DataConfig) -> None:
    """Raise UserError where a row holds bytes that are not UTF-8; Arrow takes what a file says for granted."""
    try:
        (column.cast(pa.large_string()) if _is_binary(column.type) else column).validate(full=True)
    except pa.ArrowInvalid:
        values = column.cast(pa.large_binary()).to_pylist()
        bad = [row for row, value in enumerate(values) if value is not None and not is_utf8(value)]
        problem = f"{option} holds bytes that are not UTF-8"
        raise data_error(data, f"{problem}, {named([part.where(row) for row in bad])}") from None
