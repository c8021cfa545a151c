"""The names of labels, whatever way a column gives them."""

import logging
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.missing_columns import shortened
from bench.data.sametext import look_alikes

LOG = logging.getLogger(__name__)


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


def renamed(labels: pa.ChunkedArray, name: Callable[[str], str]) -> pa.ChunkedArray:
    """The labels (none null) by other names; `name` is asked once for each different one."""
    encoded = pa.chunked_array(labels, pa.large_string()).combine_chunks().dictionary_encode()
    names = pa.array([name(label) for label in encoded.dictionary.to_pylist()], pa.large_string())
    return pa.chunked_array([names.take(encoded.indices)], pa.large_string())


def names_in_place(counts: Mapping[str, int], data: DataConfig) -> dict[str, str]:
    """What each label is called that `merge_labels` makes one with others. Raises UserError for labels not there."""
    if isinstance(data.merge_labels, dict):
        if unknown := [label for label in data.merge_labels if label not in counts]:
            there = shortened(sorted(counts))
            raise data_error(data, f"data.merge_labels has {unknown}, which are no labels here; labels are {there}")
        return dict(data.merge_labels)
    if not data.merge_labels:
        return {}
    groups = look_alikes(counts)
    if groups:
        LOG.warning("data %s: labels made one: %s", data.name, "; ".join(map(str, groups[:8])))
    return {label: group[0] for group in groups for label in group}
