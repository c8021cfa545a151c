"""The cells that say which labels a row has: as the data write them, and as a hand fills them in."""

import json
from collections.abc import Sequence

from bench.config import DataConfig
from bench.data.label_sets import YES_NO
from bench.data.problems import shown
from bench.data.sametext import is_blank
from bench.data.spelled_lists import OPENING, list_in
from bench.kind import MULTI_LABEL

BY_HAND = "|"
"""Between labels of a cell that somebody fills in where the data have lists, which are tedious to spell out."""


def label_columns(data: DataConfig) -> tuple[str, ...]:
    """The columns that say a row's labels: one, or one of 0 and 1 for each label."""
    return data.label_columns or (data.label_column,)


def is_filled(cells: Sequence[str]) -> bool:
    """Whether somebody has said which labels the row has."""
    return not all(map(is_blank, cells))


def names_in(cells: Sequence[str], data: DataConfig) -> list[str]:
    """The labels that filled cells of `label_columns` say. Raises ValueError, which says what is wrong with a cell."""
    if data.kind != MULTI_LABEL:
        return [cells[0].strip()]
    if data.label_columns is not None:
        return _of_columns(cells, data.label_columns)
    (cell,) = cells
    if data.label_separator is None and cell.lstrip().startswith(OPENING):
        found = list_in(cell)
        if found is None:
            raise ValueError(f'{shown(cell)} is no list of labels, as ["a", "b"], or [] for none')
        return list(dict.fromkeys(found))
    labels = [label.strip() for label in cell.split(sign(data)) if not is_blank(label)]
    return list(dict.fromkeys(labels))


def _of_columns(cells: Sequence[str], columns: Sequence[str]) -> list[str]:
    names = []
    for name, cell in zip(columns, cells, strict=True):
        has = False if is_blank(cell) else YES_NO.get(cell.strip().lower())
        if has is None:
            raise ValueError(f"column {name!r} holds {shown(cell)}, neither 0 nor 1")
        names += [name] * has
    return names


def written(names: Sequence[str], data: DataConfig) -> list[str]:
    """The cells of `label_columns` that say these labels, as the options of `data` read them."""
    if data.kind != MULTI_LABEL:
        return list(names)
    if data.label_columns is not None:
        return [str(int(name in names)) for name in data.label_columns]
    if data.label_separator is not None:
        return [by_hand(names, data)]
    return [json.dumps(list(names), ensure_ascii=False)]


def sign(data: DataConfig) -> str:
    """What stands between labels that somebody fills in."""
    return data.label_separator or BY_HAND


def by_hand(names: Sequence[str], data: DataConfig) -> str:
    """The labels as somebody writes them into one cell; the sign alone is none, where no other column says that."""
    return sign(data).join(names) or ("" if data.label_columns is not None else sign(data))


def how_to_fill(data: DataConfig) -> str:
    """Where and how somebody says which labels a row has, in words."""
    if data.kind != MULTI_LABEL:
        return f"in column {data.label_column}"
    if data.label_columns is not None:
        each = "1 where a text has the label; a 0 in one of them where it has none"
        return f"in the {len(data.label_columns)} columns of its labels ({each})"
    return f"in column {data.label_column} (as {by_hand(['a', 'b'], data)}, or {sign(data)} alone where there is none)"
