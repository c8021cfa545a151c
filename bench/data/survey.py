"""What somebody's data hold and what is odd about them, found without refusing anything: for a first look."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from bench.config import DataConfig
from bench.config.split import SameText
from bench.data.cleaned import Cleaned
from bench.data.examined import Places, examined
from bench.data.label_sets import counted, names_in
from bench.data.problems import Problem
from bench.data.read import read_parts
from bench.data.readers.part import Part
from bench.data.sametext import compared, look_alikes, several_in_one
from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind

MAX_NAMED = 5
"""Examples of each kind."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """Texts that are there more than once."""

    how: SameText
    """By what they are the same."""
    rows: int
    """Beyond the first of each text."""
    conflicting_texts: int
    """Those that stand under several labels."""
    conflicting_rows: int
    """Their rows, the first of each included."""
    conflicting: tuple[tuple[str, ...], ...] = ()
    """Where the rows of some texts stand that have several labels; those that differ as they are written first."""
    alike: tuple[tuple[str, ...], ...] = ()
    """Where the rows of repeated texts with one label stand; those that differ as they are written first."""

    @property
    def examples(self) -> tuple[tuple[str, ...], ...]:
        """Where the rows of some texts stand, conflicting ones first."""
        return (self.conflicting + self.alike)[:MAX_NAMED]


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found. Rows that can't be used are in no other count than `problems` and `cleaned`."""

    columns: tuple[str, ...]
    cleaned: Cleaned
    problems: tuple[Problem, ...]
    """What reading would refuse, each with its rows and the way out."""
    label_counts: Counter[str]
    look_alikes: tuple[tuple[str, ...], ...]
    """Labels that differ by case, blanks or Unicode form, the most frequent spelling first."""
    several_in_one: tuple[str, ...]
    """Labels that look like several of the others."""
    repeats: tuple[Repeats, ...]
    """By `exact`, `normalized`, `near`: each holds what those before it hold."""
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    notes: tuple[str, ...]
    """How the files were read."""
    where: Callable[[int], str] = field(compare=False, repr=False)
    """Where each text stands."""
    table: pa.Table = field(compare=False, repr=False)
    """Texts and labels as a table, with `part` and `row` of each."""
    kind: Kind = SINGLE_LABEL
    """Whether each of `labels` is one, or a set of them as one text (`bench.data.label_sets.written`)."""

    def names_of(self, row: int) -> tuple[str, ...]:
        """The labels of a row."""
        return names_in(self.labels[row]) if self.kind == MULTI_LABEL else (self.labels[row],)

    def rare_labels(self, least: int) -> dict[str, int]:
        """Labels with fewer than `least` examples, the rarest first."""
        rare = {label: count for label, count in self.label_counts.items() if count < least}
        return dict(sorted(rare.items(), key=lambda pair: pair[1]))


def survey(
    data: DataConfig,
    *,
    cache: Path,
    mirror_dir: str | None,
    how: tuple[SameText, ...] = ("exact", "normalized", "near"),
) -> Survey:
    """Look at `data` (columns named, everything else may be wrong).

    Raises UserError where the files themselves or their columns can't be read.
    """
    parts, known, _ = read_parts(data, cache, mirror_dir)
    return survey_of(parts, known, how=how)


def survey_of(
    parts: list[Part], data: DataConfig, *, how: tuple[SameText, ...] = ("exact", "normalized", "near")
) -> Survey:
    """Look at what was read already, as `survey` does."""
    found = examined(parts, data)
    texts, labels = (tuple(found.table[name].to_pylist()) for name in ("text", "label"))
    counts = counted(found.table["label"], data)
    where = Places(parts).of(found.table)
    return Survey(
        columns=tuple(dict.fromkeys(name for part in parts for name in part.columns)),
        cleaned=found.cleaned,
        problems=found.problems,
        label_counts=counts,
        look_alikes=tuple(map(tuple, look_alikes(counts))),
        several_in_one=tuple(several_in_one(counts)),
        repeats=tuple(repeats(texts, labels, each, where) for each in how),
        where=where,
        table=found.table,
        texts=texts,
        labels=labels,
        splits=tuple(found.table["split"].to_pylist()),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        kind=data.kind,
    )


def repeats(
    texts: tuple[str, ...], labels: tuple[str, ...], how: SameText, where: Callable[[int], str] = str
) -> Repeats:
    """Count the texts that are the same by `how`; `where` says where a row stands."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(compared(texts, how)):
        rows[key].append(row)
    several = [own for own in rows.values() if len(own) > 1]
    torn = [own for own in several if len({labels[row] for row in own}) > 1]
    alike = [own for own in several if len({labels[row] for row in own}) == 1]
    return Repeats(
        how=how,
        rows=sum(len(own) - 1 for own in several),
        conflicting_texts=len(torn),
        conflicting_rows=sum(map(len, torn)),
        conflicting=_places(torn, texts, where),
        alike=_places(alike, texts, where),
    )


def _places(
    groups: list[list[int]], texts: tuple[str, ...], where: Callable[[int], str]
) -> tuple[tuple[str, ...], ...]:
    """Where rows of the first groups stand, those first whose texts are not written alike."""
    ordered = sorted(groups, key=lambda own: len({texts[row] for row in own}) == 1)
    return tuple(tuple(where(row) for row in own[:MAX_NAMED]) for own in ordered[:MAX_NAMED])
