"""The names of labels, whatever way a column gives them."""

import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.errors import data_error


def label_strings(
    labels: pa.ChunkedArray, class_names: tuple[str, ...] | None, data: DataConfig
) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """The labels (none null) as names, and all names known, in order.

    Integers get their names from `data.label_names`, else from the source's `class_names`, else they are
    their own names. Raises UserError.
    """
    names = data.label_names or class_names
    if pa.types.is_floating(labels.type):
        labels = _whole_numbers(labels, data)
    if pa.types.is_boolean(labels.type):
        labels = labels.cast(pa.int8()) if names else labels.cast(pa.string())
    if data.label_names and not pa.types.is_integer(labels.type):
        labels = _written_numbers(labels, data)
    if pa.types.is_integer(labels.type) and names:
        _refuse_outside(labels, len(names), data)
        return pa.chunked_array([pa.array(names, pa.large_string()).take(labels.combine_chunks())]), names
    if pa.types.is_nested(labels.type) or pa.types.is_temporal(labels.type):
        raise data_error(data, f"data.label_column={data.label_column} holds {labels.type}, no labels")
    written = labels.cast(pa.large_string())
    return written, tuple(sorted(pc.unique(written).to_pylist()))


def _whole_numbers(labels: pa.ChunkedArray, data: DataConfig) -> pa.ChunkedArray:
    """Floats that are integers (a column that once had gaps) as integers."""
    try:
        return labels.cast(pa.float64()).cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise data_error(data, f"data.label_column={data.label_column} holds fractions, no labels") from error


def _written_numbers(labels: pa.ChunkedArray, data: DataConfig) -> pa.ChunkedArray:
    """Integers that a text file spells out."""
    try:
        return labels.cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise data_error(
            data,
            f"data.label_column={data.label_column} holds names already, and data.label_names is for integers; "
            "set data.label_names=null",
        ) from error


def _refuse_outside(labels: pa.ChunkedArray, count: int, data: DataConfig) -> None:
    outside = [label for label in pc.unique(labels).to_pylist() if not 0 <= label < count]
    if outside:
        raise data_error(
            data,
            f"data.label_column={data.label_column} holds {outside[0]}, but there are "
            f"names for 0 to {count - 1} only (-1 often means that there is no label); see data.label_names",
        )
