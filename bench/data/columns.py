"""What the columns of a data set mean: from the tables that were read to a pool of labelled texts.

Everything here is done a column at a time (pyarrow), so that a hundred thousand rows are no matter.
"""

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.labels import label_strings
from bench.data.pool import Pool
from bench.data.readers.part import Part

LOG = logging.getLogger(__name__)


def to_pool(parts: Iterable[Part], data: DataConfig, revision: str | None) -> Pool:
    """Join the parts in their order into a pool.

    Without `id_column`, ids are `split:row`, where the row counts from 0 in the source, so that they stay
    the same whatever is left out. Raises UserError, naming the option and the row, where a column is
    missing or holds what it should not, a label to exclude is unknown, or ids repeat.
    """
    known = [_examples(part, data) for part in parts]
    examples = _without_excluded(pa.concat_tables([table for table, _ in known]), data, [n for _, n in known])
    _refuse_empty(examples, data)
    _refuse_repeated_ids(examples, data)
    if len(examples) == 0:
        raise data_error(data, "no examples are left")
    ids, texts, labels, splits = (tuple(examples[name].to_pylist()) for name in ("id", "text", "label", "split"))
    return Pool(ids=ids, texts=texts, labels=labels, revision=revision, splits=splits)


def _examples(part: Part, data: DataConfig) -> tuple[pa.Table, tuple[str, ...]]:
    """A part as a table of strings `id`, `text`, `label` and `split`, with `row`; and its class names."""
    source = part.table
    rows = pa.array(np.arange(len(source), dtype=np.int64))
    columns = {
        "text": _text_column(part, data),
        "label": _column(part, data.label_column, "data.label_column", data),
        "id": _id_column(part, rows, data),
        "split": pa.repeat(pa.scalar(part.split), len(source)),
        "row": rows,
    }
    examples = pa.table(columns)
    if data.drop_empty:
        examples = _without_empty(examples, data)
    examples = _single_label(examples, data)
    _refuse_unlabelled(pc.is_null(examples["label"]), examples, data)
    labels, names = label_strings(examples["label"], part.class_names, data)
    _refuse_unlabelled(pc.equal(labels, ""), examples, data)
    return examples.set_column(examples.column_names.index("label"), "label", labels), names


def _without_empty(examples: pa.Table, data: DataConfig) -> pa.Table:
    """Leave out the rows without a text, and say in the log how many there were."""
    kept = examples.filter(pc.invert(_empty(examples["text"])))
    if len(kept) < len(examples):
        LOG.warning("data %s: %d of %d rows have no text", data.name, len(examples) - len(kept), len(examples))
    return kept


def _column(part: Part, name: str, option: str, data: DataConfig) -> pa.ChunkedArray:
    """The column, plainly encoded. Raises UserError where the part has none of this name."""
    if name not in part.table.column_names:
        where = f" in split {part.split!r}" if part.split else ""
        raise data_error(data, f"{option}={name} is not there{where}; columns are {', '.join(part.columns)}")
    column = part.table[name]
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


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
        row = pc.index(pc.is_null(column), True).as_py()
        raise data_error(
            data,
            f"no id in data.id_column={data.id_column}, split {part.split!r}, row {row} "
            "(from 0); data.id_column=null numbers the rows instead",
        )
    if not _is_text(column.type) and not pa.types.is_integer(column.type):
        raise data_error(data, f"data.id_column={data.id_column} holds {column.type}, not text or integers")
    return column.cast(pa.large_string())


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds strings."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _single_label(examples: pa.Table, data: DataConfig) -> pa.Table:
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
    _refuse_unlabelled(pc.is_null(examples["label"]), examples, data)
    kept = examples.filter(pc.equal(pc.list_value_length(examples["label"]), 1))
    return kept.set_column(kept.column_names.index("label"), "label", pc.list_flatten(kept["label"]))


def _without_excluded(examples: pa.Table, data: DataConfig, class_names: list[tuple[str, ...]]) -> pa.Table:
    """Leave out the rows of `exclude_labels`. Raises UserError for a label that the data does not know."""
    if not data.exclude_labels:
        return examples
    known = dict.fromkeys(name for names in class_names for name in names)
    unknown = [label for label in data.exclude_labels if label not in known]
    if unknown:
        raise data_error(
            data, f"data.exclude_labels={unknown} are no labels here; labels are {_shortened(list(known))}"
        )
    excluded = pa.array(data.exclude_labels, examples["label"].type)
    return examples.filter(pc.invert(pc.is_in(examples["label"], value_set=excluded)))


def _shortened(names: list[str], limit: int = 40) -> str:
    """The names, separated by commas; of very many the first."""
    more = f", ... ({len(names)} in all)" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _empty(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """True where there is no text, or only white space."""
    return pc.fill_null(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0), True)


def _refuse_unlabelled(bad: pa.ChunkedArray, examples: pa.Table, data: DataConfig) -> None:
    _refuse_rows(bad, examples, f"no label in data.label_column={data.label_column}", data)


def _refuse_empty(examples: pa.Table, data: DataConfig) -> None:
    problem = f"no text in data.text_column={data.text_column}"
    _refuse_rows(_empty(examples["text"]), examples, problem, data, advice="data.drop_empty=true leaves it out")


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


def _refuse_rows(bad: pa.ChunkedArray, examples: pa.Table, problem: str, data: DataConfig, *, advice: str = "") -> None:
    """Raise UserError, telling where the first row is that `bad` marks, if there is one."""
    first = pc.index(bad, True).as_py()
    if first < 0:
        return
    split, row, name = (examples[column][first].as_py() for column in ("split", "row", "id"))
    where = f"split {split!r}, row {row} (from 0)" if split else name
    count = pc.sum(bad).as_py()
    more = f", and in {count - 1} more" if count > 1 else ""
    raise data_error(data, f"{problem}, {where}{more}" + (f"; {advice}" if advice else ""))
