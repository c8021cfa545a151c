"""Which columns of a source are meant: as somebody asked, or guessed by what stands in them."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.missing_columns import shortened
from bench.data.readers.part import Part
from bench.data.readers.table import NOT_READ
from bench.errors import UserError
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
from bench.init.source import Source

SAMPLE = 2000
"""Rows that columns are judged by, spread over the source."""
AS_ASKED = "as asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """Columns that somebody named; None: to be guessed."""

    text: str | None = None
    """Several, separated by commas, are joined to one text."""
    label: str | None = None
    split: str | None = None
    group: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are meant, each with the reason."""

    text: Guess
    texts: tuple[str, ...]
    """The columns that make up the text: one, or those that were asked for."""
    label: Guess
    split: Guess | None
    """Says which rows are for training and testing."""
    group: Guess | None
    """Says whose texts they are. One that was guessed is proposed, as is a time: who splits by it asks for it."""
    time: Guess | None
    is_list: bool
    """Whether a row may have several labels."""

    def described(self, data: DataConfig) -> DataConfig:
        """`data` with the columns that are used."""
        chosen: dict[str, Any] = {
            f"{kind}_column": guess.column
            for kind, guess in (("split", self.split), ("group", self.group), ("time", self.time))
            if guess is not None and (kind == "split" or guess.reason == AS_ASKED)
        }
        return replace(
            data,
            text_column=self.texts[0] if len(self.texts) == 1 else self.texts,
            label_column=self.label.column,
            multi_label="single_only" if self.is_list else data.multi_label,
            **chosen,
        )

    @property
    def proposed(self) -> dict[str, Guess]:
        """Options of the data's YAML that would use columns which nobody asked for."""
        guesses = {"group_column": self.group, "time_column": self.time}
        return {name: guess for name, guess in guesses.items() if guess is not None and guess.reason != AS_ASKED}


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
    label = Guess(asked.label, AS_ASKED) if asked.label else guess_label(profiles, used)
    others = [each for each in profiles if each.name not in (*texts, label.column)]
    kinds = [table.schema.field(label.column).type for table in tables if label.column in table.schema.names]
    return Columns(
        text=text,
        texts=texts,
        label=label,
        split=split,
        group=_as_asked(asked.group) or _group(tables, others),
        time=_as_asked(asked.time) or _time(samples, others),
        is_list=any(map(_is_list, kinds)),
    )


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


def is_labelled(part: Part, label: str) -> bool:
    """Whether a part has a label in any of the rows that are looked at: test sets are published without theirs."""
    return len(part.table) == 0 or any(value is not None and value.strip() for value in _sample([part], label))


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
    pairs += [(option, name) for option in ("label", "split", "group", "time") if (name := getattr(asked, option))]
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
