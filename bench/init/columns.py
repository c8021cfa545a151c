"""Which columns of a source are meant: as somebody asked, or guessed by what stands in them."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from bench.data.missing_columns import shortened
from bench.data.readers.part import Part
from bench.data.readers.table import NOT_READ
from bench.errors import UserError
from bench.init.asked import AS_ASKED, Asked, Columns
from bench.init.guess import (
    MAX_SETS,
    Guess,
    Profile,
    Values,
    guess_label,
    guess_text,
    is_of_groups,
    is_of_sets,
    is_of_times,
    profile,
)
from bench.init.several import LabelSets, label_sets, refuse_single
from bench.init.source import Source

SAMPLE = 2000
"""Rows that columns are judged by, spread over the source."""


def choose(source: Source, asked: Asked) -> Columns:
    """The columns of `source` that are meant. Raises UserError where one is not there, or can't be guessed."""
    names = list(dict.fromkeys(name for part in source.parts for name in part.table.column_names))
    texts = _several(asked.text, names)
    unread = "".join(f"; {note}" for part in source.parts for note in part.notes if NOT_READ in note)
    try:
        return _chosen(source, asked, texts, names)
    except UserError as error:
        raise UserError(f"{error}{unread}") from None


def _chosen(source: Source, asked: Asked, texts: tuple[str, ...], names: Sequence[str]) -> Columns:
    tables = [part.table for part in source.parts]
    _refuse_missing(texts, asked, names)
    if source.has_fixed_columns and asked.several:
        raise UserError("--several: a file lies in one folder, so it has one label; write a table of texts and labels")
    if source.has_fixed_columns:
        files = Guess("text", "what a file holds"), Guess("label", "the folder that it is in")
        return Columns(files[0], ("text",), files[1], None, None, None, is_list=False)
    samples = {name: _sample(source.parts, name) for name in names}
    profiles = [profile(name, values) for name, values in samples.items()]
    able = [each for each in profiles if each.name != asked.label]
    text = Guess(", ".join(texts), AS_ASKED) if texts else guess_text(able)
    texts = texts or (text.column,)
    split = _as_asked(asked.split) or _split(
        tables, [each for each in profiles if each.name not in (*texts, asked.label)]
    )
    used = texts if split is None else (*texts, split.column)
    sets = label_sets(source.parts, samples, used, asked.label)
    if asked.several and sets is None:
        raise refuse_single(asked.label)
    if asked.several and sets is not None:
        label = sets.label
    else:
        label = Guess(asked.label, AS_ASKED) if asked.label else _single(profiles, used, sets)
    labels = sets.columns if asked.several and sets is not None and sets.columns else (label.column,)
    others = [each for each in profiles if each.name not in (*texts, *labels)]
    kinds = [table.schema.field(label.column).type for table in tables if label.column in table.schema.names]
    return Columns(
        text=text,
        texts=texts,
        label=label,
        split=split,
        group=_as_asked(asked.group) or _group(tables, others),
        time=_as_asked(asked.time) or _time(samples, others),
        is_list=any(map(_is_list, kinds)),
        sets=sets,
        keeps_sets=asked.several,
    )


def _single(profiles: Sequence[Profile], used: Sequence[str], sets: LabelSets | None) -> Guess:
    """The column of single labels. Raises UserError where there is none, saying where several are."""
    try:
        return guess_label(profiles, used)
    except UserError as error:
        if sets is None or not sets.is_proposed:
            raise
        raise UserError(f"{error}; rows have several labels in {sets.label.column}: --several keeps them") from None


def values_of(parts: Sequence[Part], name: str, rows: Mapping[int, Sequence[int]]) -> list[str | None]:
    """What the column `name` holds, as text, in `rows` of each part, by its number."""
    found: list[str | None] = []
    for number, some in rows.items():
        part = parts[number]
        if name not in part.table.column_names:
            found += [None] * len(some)
            continue
        names = part.class_names.get(name)
        column = part.table[name].take(pa.array(some, pa.int64()))
        found += [_text(value, names) for value in column.to_pylist()]
    return found


def is_labelled(part: Part, labels: Sequence[str]) -> bool:
    """Whether a part has a label in any of the rows that are looked at: test sets are published without theirs.

    A list counts where there is something in it.
    """
    known = [part.table[name] for name in labels if name in part.table.column_names]
    lists = [column for column in known if _is_list(column.type)]
    if len(part.table) == 0 or any(pc.any(pc.greater(pc.list_value_length(column), 0)).as_py() for column in lists):
        return True
    return any(value is not None and value.strip() for name in labels for value in _sample([part], name))


def _sample(parts: Sequence[Part], name: str) -> list[str | None]:
    """Values of rows that are drawn at random, the same ones each time: every n-th row may be of one kind."""
    step = max(1, sum(len(part.table) for part in parts) // SAMPLE)
    draw = random.Random(0)
    rows = {
        number: sorted(draw.sample(range(len(part.table)), -(-len(part.table) // step)))
        for number, part in enumerate(parts)
    }
    return values_of(parts, name, rows)


def _text(value: object, names: tuple[str, ...] | None) -> str | None:
    """A value as text; of a list the only one in it, for several can't be one label."""
    if isinstance(value, list):
        return _text(value[0], names) if len(value) == 1 else None
    if value is None or isinstance(value, dict) or (isinstance(value, float) and math.isnan(value)):
        return None
    if names is not None and isinstance(value, int):
        return names[value] if 0 <= value < len(names) else None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _several(asked: str | None, names: Sequence[str]) -> tuple[str, ...]:
    if asked is None:
        return ()
    return (asked,) if asked in names else tuple(name.strip() for name in asked.split(","))


def _refuse_missing(texts: Iterable[str], asked: Asked, names: Sequence[str]) -> None:
    pairs = [("text", name) for name in texts]
    labels = _several(asked.label, names) if asked.several else (asked.label,)
    pairs += [("label", name) for name in labels if name]
    pairs += [(option, name) for option in ("split", "group", "time") if (name := getattr(asked, option))]
    missing = [f"--{option} {name}" for option, name in pairs if name not in names]
    if missing:
        raise UserError(f"{' and '.join(missing)}: no such column; there are {shortened(list(names))}")
    if twice := [name for option, name in pairs if option != "text" and name in texts]:
        raise UserError(f"{twice[0]!r} is asked for as texts and as something else: a column has one meaning")


def _as_asked(column: str | None) -> Guess | None:
    return None if column is None else Guess(column, AS_ASKED)


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _split(tables: Sequence[pa.Table], others: Sequence[Profile]) -> Guess | None:
    """The column whose values are all names of sets; of a file of its own each split is known already."""
    if len(tables) > 1:
        return None
    for each in others:
        if each.num_distinct <= MAX_SETS and _is_plain(tables[0][each.name].type):
            different = pc.unique(tables[0][each.name].cast(pa.large_string())).to_pylist()
            if is_of_sets(different):
                return Guess(each.name, f"holds {', '.join(map(str, different))}")
    return None


def _group(tables: Sequence[pa.Table], others: Sequence[Profile]) -> Guess | None:
    for each in others:
        columns = [table[each.name] for table in tables if each.name in table.column_names]
        if not all(_is_plain(column.type) for column in columns):
            continue
        filled = sum(pc.count(column).as_py() for column in columns)
        different = sum(pc.count_distinct(column).as_py() for column in columns)
        if is_of_groups(each.name, filled, different):
            return Guess(each.name, f"{different:,} different ones in {filled:,} rows")
    return None


def _time(samples: Mapping[str, Values], others: Sequence[Profile]) -> Guess | None:
    found = next((each.name for each in others if is_of_times(samples[each.name])), None)
    return None if found is None else Guess(found, "holds dates")


def _is_plain(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
