"""A part of a data set, a published split or a file, as texts and labels."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.cleaned import Cleaned
from bench.data.errors import data_error
from bench.data.joined_text import is_joined, template_of
from bench.data.label_sets import label_set_column, within, written
from bench.data.labels import label_strings, renamed
from bench.data.missing_columns import refuse_missing
from bench.data.plain_columns import is_text, plain_column
from bench.data.problems import Problem, problem_of
from bench.data.readers.part import Part
from bench.data.sametext import is_blank
from bench.data.sides import side_columns
from bench.kind import MULTI_LABEL


@dataclass(frozen=True, slots=True)
class OfPart:
    """What one part holds."""

    table: pa.Table
    written: pa.Array
    """Labels as they were written, before blanks at their ends were taken off."""
    unlabelled: pa.Table
    names: tuple[str, ...]
    cleaned: Cleaned
    problems: tuple[Problem, ...]


def of_part(number: int, part: Part, data: DataConfig) -> OfPart:
    """A part as a table of strings `id`, `text`, `label` and `split`, with `row` and `part`."""
    refuse_missing(part, data)
    source = part.table
    rows = pa.array(np.arange(len(source), dtype=np.int64))
    ids, problems = _id_column(part, rows, data)
    sides, found = side_columns(part, data)
    labels, names = _label_column(part, data)
    columns = {
        "text": _text_column(part, data),
        "label": labels,
        "id": ids,
        **sides,
        "row": rows,
        "part": pa.repeat(pa.scalar(number), len(source)),
    }
    table = pa.table(columns)
    cleaned = Cleaned(rows=len(table), empty_lines=part.empty_lines)
    if data.drop_empty:
        kept = table.filter(pc.invert(is_empty(table["text"])))
        cleaned = replace(cleaned, textless=len(table) - len(kept))
        table = kept
    gone = _no_label(table["label"])
    missing = table.filter(gone)
    table = table.filter(pc.invert(gone)) if len(missing) else table
    table, not_single = _single_label(table, data)
    if data.kind != MULTI_LABEL:
        labels, names = label_strings(table["label"], part.class_names.get(data.label_column), data)
        table = with_column(table, "label", labels)
    labels = table["label"]
    blank = pc.fill_null(pc.is_in(labels, value_set=_blank_ones(labels)), fill_value=False)
    if data.kind == MULTI_LABEL and data.drop_unlabelled:
        blank = pc.equal(labels, written(()))
    unlabelled = pa.concat_tables(
        [with_column(one, "label", pa.nulls(len(one), pa.large_string())) for one in (missing, table.filter(blank))]
    )
    table = table.filter(pc.invert(blank)) if pc.any(blank).as_py() else table
    as_written = pa.chunked_array(table["label"], pa.large_string()).combine_chunks()
    if data.strip_labels:
        table = with_column(table, "label", renamed(table["label"], within(str.strip, data)))
        names = tuple(dict.fromkeys(name.strip() for name in names))
    left_out = len(unlabelled) if data.drop_unlabelled else 0
    cleaned = replace(cleaned, not_single=not_single, unlabelled=left_out)
    return OfPart(table, as_written, unlabelled, names, cleaned, (*problems, *found))


def with_column(table: pa.Table, name: str, column: Any) -> pa.Table:
    """The table with another column in the place of `name`."""
    return table.set_column(int(table.column_names.index(name)), name, column)


def _label_column(part: Part, data: DataConfig) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """The labels as they are there, or sets of them as texts, with all names of those."""
    if data.kind == MULTI_LABEL:
        return label_set_column(part, data)
    return plain_column(part, data.label_column, "data.label_column", data), ()


def _text_column(part: Part, data: DataConfig) -> pa.ChunkedArray:
    columns = {name: _one_text(part, name, data) for name in data.text_columns}
    if not is_joined(data):
        return columns[data.text_columns[0]]
    template = template_of(data)
    values = [column.to_pylist() for column in columns.values()]
    texts = [template.text(dict(zip(columns, row, strict=True))) for row in zip(*values, strict=True)]
    return pa.chunked_array([pa.array(texts, pa.large_string())])


def _one_text(part: Part, name: str, data: DataConfig) -> pa.ChunkedArray:
    column = plain_column(part, name, "data.text_column", data)
    may_be_number = len(data.text_columns) > 1 and (
        pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)
    )
    if not is_text(column.type) and not pa.types.is_null(column.type) and not may_be_number:
        raise data_error(data, f"data.text_column={name} holds {column.type}, not text")
    return column.cast(pa.large_string())


def _id_column(part: Part, rows: pa.Array, data: DataConfig) -> tuple[Any, tuple[Problem, ...]]:
    """The ids of a part's rows, and what is wrong with them."""
    if data.id_column is None:
        return pc.binary_join_element_wise(part.split, rows.cast(pa.string()), ":").cast(pa.large_string()), ()
    column = plain_column(part, data.id_column, "data.id_column", data)
    if not is_text(column.type) and not pa.types.is_integer(column.type) and not pa.types.is_null(column.type):
        raise data_error(data, f"data.id_column={data.id_column} holds {column.type}, not text or integers")
    missing = [row for row, gone in enumerate(pc.is_null(column).to_pylist()) if gone] if column.null_count else []
    ids = column.cast(pa.large_string())
    if not missing:
        return ids, ()
    what, way_out = f"no id in data.id_column={data.id_column}", "; data.id_column=null numbers the rows instead"
    return ids, (problem_of("no_id", what, missing, part.where, way_out),)


def _single_label(table: pa.Table, data: DataConfig) -> tuple[pa.Table, int]:
    """Where labels are lists: the rows with exactly one, and how many others were left out, as `multi_label` says."""
    kind = table["label"].type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        return table, 0
    if data.multi_label == "refuse":
        raise data_error(
            data,
            f"data.label_column={data.label_column} holds lists of labels; task=multi_label takes them all, and "
            "data.multi_label=single_only keeps the rows with exactly one",
        )
    kept = table.filter(pc.equal(pc.list_value_length(table["label"]), 1))
    single = with_column(kept, "label", pc.list_flatten(kept["label"]))
    return single, len(table) - len(kept)


def is_empty(texts: pa.ChunkedArray) -> pa.Array:
    """True where there is no text, or nothing in it to read."""
    return pa.array([text is None or is_blank(text) for text in texts.to_pylist()], pa.bool_())


def _no_label(labels: pa.ChunkedArray) -> pa.ChunkedArray:
    """True where there is no label."""
    return pc.is_null(labels, nan_is_null=pa.types.is_floating(labels.type))


def _blank_ones(labels: pa.ChunkedArray) -> pa.Array:
    """Those of the labels that have nothing to read, and None."""
    return pa.array([label for label in pc.unique(labels).to_pylist() if label is None or is_blank(label)], labels.type)
