"""All that `bench init` sees of a source: columns, labels, what is odd, a first number."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.config import DataConfig
from bench.config.split import SameText
from bench.data.problems import said, shown
from bench.data.readers.part import Part
from bench.data.sametext import compared, conflicting
from bench.data.set_names import set_of
from bench.data.sides import refuse_one_side
from bench.data.survey import Survey, repeats, survey_of
from bench.errors import UserError
from bench.init import findings, sets_seen
from bench.init.asked import Asked, Columns
from bench.init.columns import choose, is_labelled, values_of
from bench.init.findings import MAX_EXCLUDED, MIN_ROWS, MIN_ROWS_OF_SETS, Finding
from bench.init.first_numbers import FirstNumbers, first_numbers
from bench.init.first_of_sets import FirstOfSets, first_of_sets
from bench.init.lengths import Lengths, lengths_of
from bench.init.source import Source
from bench.kind import MULTI_LABEL

MAX_COMPARED = 50_000
"""Texts that are compared run by run: 200,000 take 20 seconds."""
MAX_LOOKED_AT = 100_000
"""Texts that are searched for names and addresses."""
MAX_SCRIPT_TEXTS = 1000
"""Texts whose letters are looked at."""
BLANK = ("no_text", "no_label")
"""Problems of rows that cleaning deals with."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What was seen, once all rows that can't be used are left out and labels are as they will be read."""

    source: Source
    data: DataConfig
    """How it is to be read: columns and cleaning."""
    columns: Columns
    seen: Survey
    """What the rows are like once `data` has cleaned them."""
    findings: tuple[Finding, ...]
    first: FirstNumbers | FirstOfSets | None
    unusable: frozenset[str] = frozenset()
    """Labels with too few texts, where these are too many to be left out by name."""

    @property
    def counts(self) -> Counter[str]:
        """Rows of each label that will be used, the most frequent first."""
        return Counter(dict(self.seen.label_counts.most_common()))

    @property
    def lengths(self) -> Lengths:
        """How long the texts are."""
        return lengths_of(self.seen.texts)


def look(source: Source, asked: Asked) -> Overview:
    """Look at `source`, whose columns are `asked` where they are given. Raises UserError."""
    columns = choose(source, asked)
    source, data, found = _labelled_parts(source, columns)
    found += findings.unread_tables(source.unread)
    parts = list(source.parts)
    found += _to_clean(parts, data)
    data = replace(data, **_options(found))
    seen = survey_of(parts, data, how=())
    too_few = _unusable(seen)
    _refuse_one_label(seen, too_few, columns)
    found += sets_seen.proposal(None if columns.keeps_sets else columns.sets, columns.label.column)
    if columns.sets is None:
        found += findings.joined_labels(seen)
    found += findings.rare_labels(seen.label_counts, too_few, is_marked=_is_marked(seen), least=_least(seen))
    if 0 < len(too_few) <= MAX_EXCLUDED:
        data = replace(data, exclude_labels=tuple(sorted(too_few)))
        del seen  # two at a time are much memory
        seen = survey_of(parts, data, how=())
    again = [repeats(seen.texts, seen.labels, how, seen.where) for how in _compared(len(seen.texts))]
    found += findings.repeats(*again)
    some = _spread(len(seen.texts), MAX_LOOKED_AT)
    found += findings.personal_data(seen, some) + findings.names_in_texts(seen, some)
    found += findings.columns_that_tell([seen.labels[row] for row in some], _others(source, columns, seen, some))
    found += findings.long_texts(lengths_of(seen.texts).tokens)
    found += findings.scripts(seen, _spread(len(seen.texts), MAX_SCRIPT_TEXTS))
    first = _first(seen)
    unusable = frozenset(too_few).difference(data.exclude_labels)
    return Overview(source, data, columns, seen, tuple(found), first, unusable)


def _first(seen: Survey) -> FirstNumbers | FirstOfSets | None:
    rows = _once(seen)
    if seen.kind == MULTI_LABEL:
        return first_of_sets(seen.texts, [seen.names_of(row) for row in range(len(seen.texts))], rows)
    return first_numbers(seen.texts, seen.labels, rows)


def _labelled_parts(source: Source, columns: Columns) -> tuple[Source, DataConfig, list[Finding]]:
    """The source without the parts in which no row has a label, how it is described, and what is to be said of them."""
    data = columns.described(source.data)
    unlabelled = {part.split: len(part.table) for part in source.parts if not is_labelled(part, columns.label_columns)}
    if not 0 < len(unlabelled) < len(source.parts):
        return source, data, []
    source = replace(source, parts=tuple(part for part in source.parts if part.split not in unlabelled))
    data = replace(data, splits=tuple(part.split for part in source.parts))
    return source, data, findings.unlabelled_splits(unlabelled)


def _to_clean(parts: list[Part], data: DataConfig) -> list[Finding]:
    """What cleaning deals with. Raises UserError for what it does not."""
    raw = survey_of(parts, data, how=())
    if others := [problem for problem in raw.problems if problem.kind not in BLANK]:
        raise UserError(said(others))
    refuse_one_side(raw.splits, data)
    several = findings.several_labels(raw.cleaned.not_single)
    return several + findings.blanks(raw.problems, raw.cleaned.empty_lines) + findings.spellings(raw)


def _options(found: Sequence[Finding]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for each in found:
        options |= each.options or {}
    return options


def _compared(texts: int) -> tuple[SameText, ...]:
    """The ways in which so many texts can be compared in reasonable time."""
    return ("normalized", "near") if texts <= MAX_COMPARED else ("normalized",)


def _once(seen: Survey) -> list[int]:
    """Rows of texts that stand under one label alone, each text once: what a model is trained and judged on."""
    keys = compared(seen.texts, "normalized")
    torn = conflicting(seen.texts, seen.labels, "normalized")
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    return [row for key, row in first.items() if key not in torn]


def _unusable(seen: Survey) -> list[str]:
    """Labels without `MIN_ROWS` different texts, or, where rows are marked for it, without one for training."""
    is_marked = _is_marked(seen)
    for_training = {split for split in dict.fromkeys(seen.splits) if not is_marked or set_of(split) == "train"}
    rows = (row for row in _once(seen) if seen.splits[row] in for_training)
    counts = Counter(name for row in rows for name in seen.names_of(row))
    least = 1 if is_marked else _least(seen)
    return [label for label in seen.label_counts if counts[label] < least]


def _least(seen: Survey) -> int:
    return MIN_ROWS_OF_SETS if seen.kind == MULTI_LABEL else MIN_ROWS


def _is_marked(seen: Survey) -> bool:
    """Whether the source says of each row whether it is for training or for testing."""
    sets = {set_of(split) for split in dict.fromkeys(seen.splits)}
    return {"train", "test"} <= sets and None not in sets


def _refuse_one_label(seen: Survey, too_few: Sequence[str], columns: Columns) -> None:
    """Raise UserError where fewer than two labels can be used."""
    column, counts = columns.label.column, seen.label_counts
    if not seen.texts:
        raise UserError(f"no row has both a text (--text {columns.text.column}) and a label (--label {column})")
    if len(counts) < 2:
        raise UserError(f"column {column!r} holds one label alone, {shown(next(iter(counts)))}: nothing to tell apart")
    if len(counts) - len(too_few) < 2:
        raise UserError(
            f"column {column!r} holds {len(counts):,} labels in {len(seen.texts):,} rows, and {len(too_few):,} of them "
            f"have fewer than {_least(seen)} different texts: nothing to learn from; --label names another column"
        )


def _spread(count: int, most: int) -> range:
    """Numbers of at most `most` of `count` rows, spread over all of them."""
    return range(0, count, max(1, -(-count // most)))


def _others(source: Source, columns: Columns, seen: Survey, rows: Sequence[int]) -> dict[str, list[str | None]]:
    """What the other columns hold in `rows` of what was seen."""
    used = {*columns.texts, *columns.label_columns}
    names = dict.fromkeys(name for part in source.parts for name in part.table.column_names if name not in used)
    part, place = (np.asarray(seen.table[name].to_numpy())[list(rows)] for name in ("part", "row"))
    by_part = {int(number): place[part == number].tolist() for number in np.unique(part)}
    return {name: values_of(source.parts, name, by_part) for name in names}
