"""What a section of the report is made of; Markdown and HTML are two renderings of it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from bench.report.content.table import Table
from bench.report.content.wording import UNTRAINED

Number = float | int | str | None


@dataclass(frozen=True, slots=True)
class Strip:
    """Where an interval is drawn, from 0 (left end of the scale) to 1."""

    low: float
    middle: float
    high: float
    zero: float | None = None
    """Where no difference is; null where the scale has no such place."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a table that is more than its text."""

    text: str
    state: str = ""
    """How its cells ended where that is not all `ok`: partial, failed, skipped, pruned, missing. Between two sets of
    records: better, worse."""
    point: str | None = None
    """Of the grid, by `point_id`: what the details are shown of."""
    shade: float | None = None
    """From 0 (worst) to 1 (best) of its table."""
    numbers: Mapping[str, Number] | None = None
    """What it says in numbers, by the ends of the names of their columns in CSV files ("mean", "low"; "" for the only
    one, which has the column to itself). Null is what is not known; a text may be the name of a row."""
    strip: Strip | None = None
    """Its interval as a picture."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Titled:
    """A table with its title."""

    title: str
    table: Table
    metric: str | None = None
    """The column of `cells_frame` that it is about; null for a table that is shown whatever the metric."""
    name: str = ""
    """Of its files, without suffix; "" for one made of the title."""
    pinned: str | None = None
    """The first entry of the line that always stays in view: the baseline's."""
    folded: str = ""
    """What opens it, where it is closed at first: "All 84 comparisons"."""


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it: file name without suffix, and what it says to those who can't see it."""

    name: str
    text: str
    metric: str | None = None
    """As a table's."""


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    title: str
    paragraphs: list[str] = field(default_factory=list)
    """Plain text."""
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Titled] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """Further files that hold what the section says, beside the page."""
    failed: bool = False
    """Whether it could not be made, and only says so."""
    lists: list[tuple[str, list[str]]] = field(default_factory=list)
    """After the paragraphs: headings, each with its points."""
    finding: str = ""
    """What it found, in a sentence: all that is read of it while it is closed."""


def point_id(data: str, row: str, num_labels: int, train_size: int) -> str:
    """A short name for a point of the grid, the same wherever the page speaks of it."""
    name = "\n".join(map(str, (data, row, num_labels, train_size)))
    return f"p{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def interval_numbers(mean: float, low: float, high: float, name: str = "mean") -> dict[str, Number]:
    """Of an entry with an interval in brackets."""
    return {name: float(mean), "low": float(low), "high": float(high)}


def known_number(value: Any) -> float | None:
    """A number, or null for a gap."""
    return None if pd.isna(value) else float(value)


def size_entry(train_size: int) -> Entry:
    """Training examples: "2,400", or that there are none."""
    return Entry(f"{train_size:,}" if train_size else UNTRAINED, numbers={"": int(train_size)})


def texts(line: Sequence[Any]) -> list[str]:
    """A table's line as it is read."""
    return [str(entry) for entry in line]
