"""What a section of the report is made of; Markdown and HTML are two renderings of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from bench.report.markdown import Table
from bench.report.published import Published
from bench.report.reading import Expected, Found, Points
from bench.report.style import save


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a table that is more than its text."""

    text: str
    state: str = ""
    """How its cells ended where that is not all `ok`: partial, failed, skipped, missing."""
    point: str | None = None
    """Of the grid, by `point_id`: what the details are shown of."""
    shade: float | None = None
    """From 0 (worst) to 1 (best) of its table."""

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


@dataclass(frozen=True)
class View:
    """Everything that a report says about one data set, and where it puts files."""

    data: str
    cells: pd.DataFrame
    summary: pd.DataFrame
    measured: Points
    """What the `ok` cells measured, rows in their order."""
    published: Published | None
    folder: Path
    suffix: str
    """Of this data set's files."""
    found: dict[Expected, Found] = field(default_factory=dict)
    """The records themselves, for what is kept beside them."""
    price_per_gpu_hour: float | None = None

    @property
    def rows(self) -> list[str]:
        """All rows of the grid, in the order that gives them their colours."""
        return list(self.cells["row"].cat.categories)

    def draw(self, name: str, figure: Figure, text: str, metric: str | None = None) -> Picture:
        """Write a figure's files."""
        save(figure, self.folder, f"{name}{self.suffix}")
        return Picture(f"{name}{self.suffix}", text, metric)


def point_id(data: str, row: str, num_labels: int, train_size: int) -> str:
    """A short name for a point of the grid, the same wherever the page speaks of it."""
    name = "\n".join(map(str, (data, row, num_labels, train_size)))
    return f"p{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def texts(line: Sequence[Any]) -> list[str]:
    """A table's line as it is read."""
    return [str(entry) for entry in line]
