"""Labels of an example that may have several or none: from a column of lists, of texts with a separator, or from
columns of 0 and 1, to one text a row."""

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.labels import label_strings, renamed
from bench.data.plain_columns import is_text, plain_column
from bench.data.problems import named, shown
from bench.data.readers.part import Part
from bench.data.sametext import is_blank
from bench.data.spelled_lists import OPENING, are_places, list_in
from bench.kind import MULTI_LABEL

SEPARATORS = ("|", ";", ",", "/")
"""What a message looks for between labels."""
YES_NO = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}
"""What a column of 0 and 1 may hold, in small letters."""


def written(labels: Iterable[str]) -> str:
    """A set of labels as one text, the same whatever their order was: `["anger", "joy"]`; `[]` for none."""
    return json.dumps(sorted(set(labels)), ensure_ascii=False)


@functools.lru_cache(maxsize=65536)
def names_in(text: str) -> tuple[str, ...]:
    """The labels that `written` wrote, in their order."""
    return tuple(json.loads(text))


def within(rename: Callable[[str], str], data: DataConfig) -> Callable[[str], str]:
    """What `rename` makes of a label, for labels as `data` has them: in a set, of each of them."""
    if data.kind != MULTI_LABEL:
        return rename
    return lambda text: written(map(rename, names_in(text)))


def counted(labels: pa.ChunkedArray, data: DataConfig) -> Counter[str]:
    """Rows of each label of a column of labels, or of sets of them, in the order in which they are met."""
    counts = Counter(labels.to_pylist())
    if data.kind != MULTI_LABEL:
        return counts
    found: Counter[str] = Counter()
    for text, rows in counts.items():
        found.update(dict.fromkeys(names_in(text), rows))
    return found


def without_labels(labels: pa.ChunkedArray, excluded: Iterable[str]) -> pa.ChunkedArray:
    """The sets without the `excluded` labels."""
    gone = set(excluded)
    return renamed(labels, lambda text: written(name for name in names_in(text) if name not in gone))


def label_set_column(part: Part, data: DataConfig) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """The labels of each row, as `written` writes them, and all names known. Raises UserError."""
    if data.label_columns is not None:
        return _texts(_one_hot(part, data)), data.label_columns
    column = plain_column(part, data.label_column, "data.label_column", data)
    if is_list(column.type):
        return _of_lists(column, part, data)
    if data.label_separator is None and is_text(column.type):
        return _of_literals(column, part, data)
    if data.label_separator is None:
        raise data_error(
            data,
            f"task=multi_label, and data.label_column={data.label_column} holds {column.type}, no lists of labels; "
            "data.label_columns=[a,b,c] takes columns of 0 and 1",
        )
    return _of_parted(column.cast(pa.large_string()).to_pylist(), data.label_separator, part, data)


def is_list(kind: pa.DataType) -> bool:
    """Whether cells of a column are lists."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _texts(sets: Iterable[Iterable[str]]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([written(labels) for labels in sets], pa.large_string())])


def _of_parted(
    texts: Sequence[str | None], separator: str, part: Part, data: DataConfig
) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """What stands between separators; blanks at the ends of labels do not count, nor does nothing between two."""
    filled = [text for text in texts if text is not None and not is_blank(text)]
    if filled and all(text.lstrip().startswith("[") and list_in(text) is not None for text in filled):
        raise data_error(
            data,
            f"data.label_column={data.label_column} holds lists that are spelled out, as {shown(filled[0])}: "
            "they are read without data.label_separator",
        )
    cells = [[] if text is None else text.split(separator) for text in texts]
    return _named([[label.strip() for label in cell if not is_blank(label)] for cell in cells], part, data)


def _named(sets: Sequence[Sequence[str]], part: Part, data: DataConfig) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """The sets of labels that a text file holds, by their names: integers have those of `data.label_names`."""
    flat = pa.chunked_array([pa.array([label for labels in sets for label in labels], pa.large_string())])
    names, known = label_strings(flat, part.class_names.get(data.label_column), data)
    return _texts(_cut(names.to_pylist(), map(len, sets))), known


def _cut(values: Sequence[str], lengths: Iterable[int]) -> list[Sequence[str]]:
    """`values` in lists of these lengths."""
    ends = list(accumulate(lengths, initial=0))
    return [values[start:end] for start, end in pairwise(ends)]


def _of_lists(column: pa.ChunkedArray, part: Part, data: DataConfig) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """Lists of names or of integers, which have their names as single labels have. No list is no label."""
    if data.label_separator is not None:
        raise data_error(
            data, f"data.label_column={data.label_column} holds lists, and data.label_separator is for texts"
        )
    whole = column.combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(whole), 0).to_pylist()
    flat = pc.list_flatten(whole)
    if flat.null_count:
        owners = [row for row, length in enumerate(lengths) for _ in range(length)]
        bad = [owners[place] for place, gone in enumerate(pc.is_null(flat).to_pylist()) if gone]
        raise _bad(part, data, f"data.label_column={data.label_column} holds a list with nothing as a label", bad)
    if pa.types.is_primitive(flat.type):
        _refuse_places(_cut(flat.to_pylist(), lengths), data)
    names, known = label_strings(pa.chunked_array([flat]), part.class_names.get(data.label_column), data)
    sets = _cut(names.to_pylist(), lengths)
    if bad := [row for row, labels in enumerate(sets) if any(map(is_blank, labels))]:
        raise _bad(part, data, f"data.label_column={data.label_column} holds a list with a blank label", bad)
    return _texts(sets), known


def _of_literals(column: pa.ChunkedArray, part: Part, data: DataConfig) -> tuple[pa.ChunkedArray, tuple[str, ...]]:
    """Lists that a text file spells out: `["a", "b"]`, or as Python and pandas write them, `['a', 'b']`."""
    texts = ["" if text is None else text for text in column.to_pylist()]
    lists = [[] if is_blank(text) else list_in(text) for text in texts]
    if bad := [row for row, found in enumerate(lists) if found is None]:
        what = f"task=multi_label, and data.label_column={data.label_column} holds {shown(texts[bad[0]])}, no list"
        raise _bad(part, data, what, bad, _way_out([texts[row] for row in bad]))
    sets = [labels for labels in lists if labels is not None]
    _refuse_places(sets, data)
    return _named(sets, part, data)


def _way_out(texts: Sequence[str]) -> str:
    """What to do about cells that are no lists."""
    if texts[0].lstrip().startswith(OPENING):
        return '; a list is written ["a", "b"], or [] for no label'
    separator = max(SEPARATORS, key=lambda sign: sum(sign in text for text in texts))
    if any(separator in text for text in texts):
        return f"; data.label_separator='\"{separator}\"' takes what is between the signs"
    return "; data.label_separator says what is between labels"


def _refuse_places(rows: Sequence[Sequence[Any]], data: DataConfig) -> None:
    """Raise UserError for lists of 0 and 1 that have one place a label."""
    if are_places(rows):
        example = shown(json.dumps(next(list(map(int, row)) for row in rows if len(set(row)) < len(row))))
        raise data_error(
            data,
            f"data.label_column={data.label_column} holds lists of 0 and 1 with one place a label, as {example}: "
            "task=multi_label takes lists of the labels' names, or columns of 0 and 1 (data.label_columns)",
        )


def _one_hot(part: Part, data: DataConfig) -> list[list[str]]:
    """The labels whose columns hold 1, for each row. Raises UserError for what is neither 0 nor 1."""
    assert data.label_columns is not None
    sets: list[list[str]] = [[] for _ in range(len(part.table))]
    for name in data.label_columns:
        values = plain_column(part, name, "data.label_columns", data).to_pylist()
        read = [YES_NO.get("" if value is None else str(value).strip().lower()) for value in values]
        if bad := [row for row, has in enumerate(read) if has is None]:
            value = values[bad[0]]
            held = "nothing" if value is None or is_blank(str(value)) else shown(str(value))
            raise _bad(part, data, f"data.label_columns={name} holds {held}, neither 0 nor 1", bad)
        for labels, has in zip(sets, read, strict=True):
            if has:
                labels.append(name)
    return sets


def _bad(part: Part, data: DataConfig, what: str, rows: Sequence[int], way_out: str = "") -> Exception:
    return data_error(data, f"{what}, {named([part.where(row) for row in dict.fromkeys(rows)])}{way_out}")
