"""What the readers hand on, and how they decode text files."""

import json
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers.files import Malformed, content_of, decoded, said_of


@dataclass(frozen=True, slots=True)
class Part:
    """One published split (or file) as it was read."""

    split: str
    """Empty where the rows are files of their own, known by their ids."""
    table: pa.Table
    """Those of the wanted columns that are there."""
    columns: tuple[str, ...]
    """All columns of the source, for messages."""
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By column: what the source says its integers stand for."""
    place: Callable[[int], str] | None = None
    """Where a row stands in its file, as an editor counts; None where only its number is known."""
    row: Callable[[int], str] | None = None
    """Which row it is, as a spreadsheet counts, without the file's name; None where that is the same as `place`."""
    counts_from_0: bool = False
    """Whether rows are counted so: in what has no lines, as Parquet."""
    notes: tuple[str, ...] = ()
    """What somebody should know who thinks the file was read otherwise."""
    empty_lines: int = 0
    """Lines with nothing on them, which are no rows."""
    delimiter: str | None = None
    """Between the columns of a CSV or TSV file."""

    def where(self, row: int) -> str:
        """Where a row stands, for messages."""
        if self.place is not None:
            return self.place(row)
        return f"split {self.split!r}, row {row} (from 0)" if self.split else f"row {row} (from 0)"

    def for_spreadsheets(self, *, with_split: bool) -> "Part":
        """The same, with rows named as a spreadsheet counts them, and without the file's name."""
        row = self.row
        if row is None:
            return self
        return replace(self, place=(lambda at: f"{self.split} {row(at)}") if with_split else row)


def joined(parts: list[Part]) -> Part:
    """Several files of one split as one part, rows numbered through; columns of different kinds become text."""
    if len(parts) == 1:
        return parts[0]
    starts = [sum(len(part.table) for part in parts[:number]) for number in range(len(parts))]

    def place(row: int) -> str:
        number = bisect_right(starts, row) - 1
        return parts[number].where(row - starts[number])

    tables = [part.table for part in parts]
    try:
        table = pa.concat_tables(tables, promote_options="default")
    except pa.ArrowException:
        texts = [pa.table({name: t[name].cast(pa.large_string()) for name in t.column_names}) for t in tables]
        table = pa.concat_tables(texts, promote_options="default")
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    columns = tuple(dict.fromkeys(name for part in parts for name in part.columns))
    empty_lines = sum(part.empty_lines for part in parts)
    return replace(parts[0], table=table, columns=columns, place=place, row=None, notes=notes, empty_lines=empty_lines)


def wanted_columns(data: DataConfig, available: list[str]) -> list[str]:
    """The columns of `available` that `data` speaks of, without repetition; all where it does not name any yet."""
    if not data.text_columns:
        return list(dict.fromkeys(available))
    wanted = (name for _, name in columns_asked(data))
    return [name for name in dict.fromkeys(wanted) if name in available]


def columns_asked(data: DataConfig) -> list[tuple[str, str]]:
    """Every column that `data` speaks of, with its option; none before one of texts is named."""
    if not data.text_columns:
        return []
    options = ("id_column", "split_column", "group_column", "time_column")
    labels = [("label_column", data.label_column)]
    if data.label_columns is not None:
        labels = [("label_columns", name) for name in data.label_columns]
    others = labels + [(option, getattr(data, option)) for option in options]
    return [("text_column", name) for name in data.text_columns] + [pair for pair in others if pair[1] is not None]


def refuse_repeated(names: list[str], data: DataConfig) -> None:
    """Raise UserError where a column that `data` speaks of is there twice."""
    repeated = [name for name in wanted_columns(data, names) if names.count(name) > 1]
    if repeated:
        raise data_error(data, f"the file has more than one column {repeated[0]!r}: rename one")


def chosen_splits(data: DataConfig, available: Collection[str]) -> tuple[str, ...]:
    """What `data.splits` names of the splits there are, all where it is null. Raises UserError."""
    chosen = data.splits or tuple(available)
    if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(available):
        there = ", ".join(available) or "none"
        raise data_error(data, f"data.splits={list(chosen)} must name splits that are there ({there}), each once")
    return chosen


def class_names(feature: Any) -> tuple[str, ...] | None:
    """The names behind a `datasets` feature that is a ClassLabel or a list of them; None for others."""
    names = getattr(feature, "names", None) or getattr(getattr(feature, "feature", None), "names", None)
    return tuple(names) if names else None


def written_class_names(metadata: Mapping[bytes, bytes] | None, columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The same, by column, out of the metadata that `datasets` writes into a table's schema, without importing it.

    Lists are written as `[feature]` by old versions, as `{"feature": feature, "_type": ...}` by others. What is
    written otherwise, or damaged, names nothing.
    """
    try:
        features: Any = json.loads((metadata or {}).get(b"huggingface", b"{}"))
    except (ValueError, RecursionError):
        return {}
    for name in ("info", "features"):
        features = features.get(name) if isinstance(features, dict) else None
    known = features if isinstance(features, dict) else {}
    found = {column: _written_names(known.get(column)) for column in columns}
    return {column: names for column, names in found.items() if names}


def _written_names(feature: Any) -> tuple[str, ...] | None:
    if isinstance(feature, list):
        feature = feature[0] if feature else None
    if isinstance(feature, dict):
        feature = feature.get("feature", feature)
    names = feature.get("names") if isinstance(feature, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return tuple(names) or None


def read_text(path: Path, data: DataConfig) -> str:
    """The file's text in the first encoding of `data.encoding` that fits. Raises UserError and OSError."""
    try:
        return decoded(content_of(path), data.encoding, "data.encoding")
    except Malformed as error:
        raise data_error(data, said_of(path.name, error)) from error
