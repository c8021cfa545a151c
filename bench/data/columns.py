"""What the columns of a data set mean: from the tables that were read to a pool of labelled texts.

Everything here is done a column at a time (pyarrow), so that a hundred thousand rows are no matter.
"""

import functools
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.labels import label_strings
from bench.data.missing_columns import refuse_missing, shortened
from bench.data.pool import Pool
from bench.data.readers.part import Part
from bench.data.readers.utf8 import is_utf8
from bench.data.sametext import is_blank, label_notes, look_alikes

LOG = logging.getLogger(__name__)
MOST_NAMED = 5
"""Rows that one message names."""


def to_pool(parts: Iterable[Part], data: DataConfig, revision: str | None) -> Pool:
    """Join the parts in their order into a pool.

    Without `id_column`, ids are `split:row`, where the row counts from 0 in the source, so that they stay
    the same whatever is left out. Raises UserError, naming the option and the rows, where a column is
    missing or holds what it should not, a label to exclude is unknown, or ids repeat.
    """
    read = list(parts)
    try:
        return _to_pool(read, data, revision)
    except pa.ArrowException as error:  # types that nobody thought of
        raise data_error(data, f"columns cannot be read: {error}") from error


def _to_pool(parts: list[Part], data: DataConfig, revision: str | None) -> Pool:
    known = [_examples(number, part, data) for number, part in enumerate(parts)]
    examples = pa.concat_tables([table for table, _ in known])
    names = list(dict.fromkeys(name for _, names in known for name in names))
    spelling = _spellings(examples, data)
    if spelling:
        merged = [spelling.get(label, label) for label in examples["label"].to_pylist()]
        examples = examples.set_column(_at(examples, "label"), "label", pa.array(merged, pa.large_string()))
    examples = _without_excluded(examples, data, names, spelling)
    _refuse_empty(examples, parts, data)
    _refuse_repeated_ids(examples, data)
    if len(examples) == 0:
        read = sum(len(part.table) for part in parts)
        why = f": of {read} rows all were left out" if read else ": the source has no rows"
        raise data_error(data, f"no examples are left{why}")
    ids, texts, labels, splits = (tuple(examples[name].to_pylist()) for name in ("id", "text", "label", "split"))
    notes = [note for part in parts for note in part.notes] + label_notes(labels, texts, merged=bool(spelling))
    for note in (notes := list(dict.fromkeys(notes))):
        _say_once(data, note)
    return Pool(ids=ids, texts=texts, labels=labels, revision=revision, splits=splits, notes=tuple(notes))


@functools.lru_cache(maxsize=1024)
def _say_once(data: DataConfig, note: str) -> None:
    """Data may be read more than once, for a plan say: a note on it is said the first time."""
    LOG.warning("data %s: %s", data.name, note)


def _examples(number: int, part: Part, data: DataConfig) -> tuple[pa.Table, tuple[str, ...]]:
    """A part as a table of strings `id`, `text`, `label` and `split`, with `row` and `part`; and its class names."""
    refuse_missing(part, data)
    source = part.table
    rows = pa.array(np.arange(len(source), dtype=np.int64))
    columns = {
        "text": _text_column(part, data),
        "label": _column(part, data.label_column, "data.label_column", data),
        "id": _id_column(part, rows, data),
        "split": pa.repeat(pa.scalar(part.split), len(source)),
        "row": rows,
        "part": pa.repeat(pa.scalar(number), len(source)),
    }
    examples = pa.table(columns)
    if data.drop_empty:
        examples = _without_empty(examples, data)
    examples = _single_label(examples, [part], data)
    _refuse_unlabelled(_no_label(examples["label"]), examples, [part], data)
    labels, names = label_strings(examples["label"], part.class_names, data)
    _refuse_unlabelled(pc.equal(labels, ""), examples, [part], data)
    return examples.set_column(_at(examples, "label"), "label", labels), names


def _at(examples: pa.Table, name: str) -> int:
    return int(examples.column_names.index(name))


def _spellings(examples: pa.Table, data: DataConfig) -> dict[str, str]:
    """With `merge_labels`: the most frequent spelling of each label that is written in several ways."""
    if not data.merge_labels:
        return {}
    groups = look_alikes(Counter(examples["label"].to_pylist()))
    if groups:
        LOG.warning("data %s: labels made one: %s", data.name, "; ".join(map(str, groups[:8])))
    return {label: group[0] for group in groups for label in group}


def _without_empty(examples: pa.Table, data: DataConfig) -> pa.Table:
    """Leave out the rows without a text, and say in the log how many there were."""
    kept = examples.filter(pc.invert(_empty(examples["text"])))
    if len(kept) < len(examples):
        LOG.warning(
            "data %s: %d of %d rows have no text and are left out", data.name, len(examples) - len(kept), len(examples)
        )
    return kept


def _column(part: Part, name: str, option: str, data: DataConfig) -> pa.ChunkedArray:
    """The column, plainly encoded. Raises UserError where it has bytes that are no text."""
    column = part.table[name]
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    if _is_binary(column.type) or _is_text(column.type):
        _refuse_no_unicode(column, part, f"{option}={name}", data)
    return column.cast(pa.large_string()) if _is_binary(column.type) else column


def _refuse_no_unicode(column: pa.ChunkedArray, part: Part, option: str, data: DataConfig) -> None:
    """Raise UserError where a row holds bytes that are not UTF-8; Arrow takes what a file says for granted."""
    try:
        (column.cast(pa.large_string()) if _is_binary(column.type) else column).validate(full=True)
    except pa.ArrowInvalid:
        values = column.cast(pa.large_binary()).to_pylist()
        bad = [row for row, value in enumerate(values) if value is not None and not is_utf8(value)]
        problem = f"{option} holds bytes that are not UTF-8"
        raise data_error(data, f"{problem}, {_named([part.where(row) for row in bad])}") from None


def _text_column(part: Part, data: DataConfig) -> pa.ChunkedArray:
    column = _column(part, data.text_column, "data.text_column", data)
    if not _is_text(column.type) and not pa.types.is_null(column.type):
        raise data_error(data, f"data.text_column={data.text_column} holds {column.type}, not text")
    return column.cast(pa.large_string())


def _id_column(part: Part, rows: pa.Array, data: DataConfig) -> Any:
    if data.id_column is None:
        return pc.binary_join_element_wise(part.split, rows.cast(pa.string()), ":").cast(pa.large_string())
    column = _column(part, data.id_column, "data.id_column", data)
    if column.null_count:
        missing = [row for row, gone in enumerate(pc.is_null(column).to_pylist()) if gone]
        raise data_error(
            data,
            f"no id in data.id_column={data.id_column}, {_named([part.where(row) for row in missing])}; "
            "data.id_column=null numbers the rows instead",
        )
    if not _is_text(column.type) and not pa.types.is_integer(column.type):
        raise data_error(data, f"data.id_column={data.id_column} holds {column.type}, not text or integers")
    return column.cast(pa.large_string())


def _is_binary(kind: pa.DataType) -> bool:
    """Whether a column of this type holds bytes."""
    return (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds strings."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _single_label(examples: pa.Table, parts: list[Part], data: DataConfig) -> pa.Table:
    """Where labels are lists: keep the rows with exactly one, or refuse, as `multi_label` says."""
    kind = examples["label"].type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        return examples
    if data.multi_label == "refuse":
        raise data_error(
            data,
            f"data.label_column={data.label_column} holds lists of labels; "
            "data.multi_label=single_only keeps the rows with exactly one",
        )
    _refuse_unlabelled(pc.is_null(examples["label"]), examples, parts, data)
    kept = examples.filter(pc.equal(pc.list_value_length(examples["label"]), 1))
    return kept.set_column(_at(kept, "label"), "label", pc.list_flatten(kept["label"]))


def _without_excluded(
    examples: pa.Table, data: DataConfig, class_names: list[str], spelling: Mapping[str, str]
) -> pa.Table:
    """Leave out the rows of `exclude_labels`. Raises UserError for a label that the data does not know."""
    if not data.exclude_labels:
        return examples
    unknown = [label for label in data.exclude_labels if label not in class_names]
    if unknown:
        raise data_error(data, f"data.exclude_labels={unknown} are no labels here; labels are {shortened(class_names)}")
    excluded = pa.array([spelling.get(label, label) for label in data.exclude_labels], examples["label"].type)
    return examples.filter(pc.invert(pc.is_in(examples["label"], value_set=excluded)))


def _empty(texts: pa.ChunkedArray) -> pa.Array:
    """True where there is no text, or nothing in it to read."""
    return pa.array([text is None or is_blank(text) for text in texts.to_pylist()], pa.bool_())


def _no_label(labels: pa.ChunkedArray) -> pa.ChunkedArray:
    """True where there is no label."""
    return pc.is_null(labels, nan_is_null=pa.types.is_floating(labels.type))


def _refuse_unlabelled(bad: pa.ChunkedArray, examples: pa.Table, parts: list[Part], data: DataConfig) -> None:
    problem = f"no label in data.label_column={data.label_column}"
    if (unlabelled := _marked(bad, examples, parts)) is None:
        return
    textless = None if data.drop_empty else _marked(_empty(examples["text"]), examples, parts)
    also = (
        ""
        if textless is None
        else f"; no text in data.text_column={data.text_column}, {textless}; data.drop_empty=true leaves out rows "
        "without a text"
    )
    raise data_error(data, f"{problem}, {unlabelled}: give these rows a label or take them out of the data{also}")


def _refuse_empty(examples: pa.Table, parts: list[Part], data: DataConfig) -> None:
    if (textless := _marked(_empty(examples["text"]), examples, parts)) is not None:
        raise data_error(
            data, f"no text in data.text_column={data.text_column}, {textless}; data.drop_empty=true leaves it out"
        )


def _refuse_repeated_ids(examples: pa.Table, data: DataConfig) -> None:
    if len(pc.unique(examples["id"])) == len(examples):
        return
    counts = pc.value_counts(examples["id"])
    repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))[0]
    raise data_error(
        data,
        f"id {repeated.as_py()!r} occurs twice or more in data.id_column={data.id_column}; "
        "data.id_column=null numbers the rows instead",
    )


def _marked(bad: Any, examples: pa.Table, parts: list[Part]) -> str | None:
    """Where the first rows are that `bad` marks, and how many more there are; None where there are none."""
    marked = examples.filter(bad)
    if not len(marked):
        return None
    places = []
    for index, row, name in zip(*(marked[name].to_pylist() for name in ("part", "row", "id")), strict=True):
        part = parts[index] if index < len(parts) else parts[0]
        places.append(part.where(row) if part.place is not None or part.split else name)
    return _named(places)


def _named(places: Sequence[str]) -> str:
    """The first few places, and how many more there are."""
    more = f", and in {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    return ", ".join(places[:MOST_NAMED]) + more
