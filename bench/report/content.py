"""What a section of the report is made of; Markdown and HTML are two renderings of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from bench.report.baseline import simpler_rows, verdicts
from bench.report.fitted import FittedCurves, fitted_curves
from bench.report.markdown import Table
from bench.report.named_rows import named_rows
from bench.report.published import Published
from bench.report.reading import Expected, Found, Points
from bench.report.statistics.bootstrap import METRICS, Draws
from bench.report.statistics.correctness import Grid
from bench.report.statistics.decision import Budget, budgets, training_costs
from bench.report.statistics.library import Library
from bench.report.statistics.tables import ACCURACY, difference_frame, interval_frame
from bench.report.statistics.verdicts import Verdicts
from bench.report.style import save

MOST_BOOTSTRAPPED = 200
"""Points of a grid; each takes about 5 ms."""


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
    failed: bool = False
    """Whether it could not be made, and only says so."""
    lists: list[tuple[str, list[str]]] = field(default_factory=list)
    """After the paragraphs: headings, each with its points."""


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
    """What the names of this data set's files end in."""
    found: dict[Expected, Found] = field(default_factory=dict)
    """The records themselves, for what is kept beside them."""
    price_per_gpu_hour: float | None = None
    target_accuracy: float | None = None
    """Asked for by the reader."""
    answers: Grid = field(default_factory=dict)
    """What the `ok` cells answered on their test examples, points in the order of `measured`; points whose predictions
    are gone are not in it."""
    library: Library = field(default_factory=Library)
    """What was read of predictions: knows how sure models were of each example."""
    draws: Draws = field(default_factory=Draws)
    """Of the bootstrap; the same for everything that the page says."""
    known_intervals: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    """What `intervals` has made."""
    known_differences: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    """What `differences_to` has made."""

    @property
    def rows(self) -> list[str]:
        """All rows of the grid, in the order that gives them their colours."""
        return list(self.cells["row"].cat.categories)

    @cached_property
    def verdicts(self) -> Verdicts:
        """Which rows are told apart, at every point: what words, marks and tables go by."""
        return verdicts(self.cells, self.answers)

    @cached_property
    def simpler_rows(self) -> list[str]:
        """What fine-tuning is held against (`baseline.simpler_rows`)."""
        return simpler_rows(self.cells, self.verdicts)

    @cached_property
    def named_rows(self) -> list[str]:
        """What figures of curves tell apart, published rows of ours among them (`named_rows.named_rows`)."""
        published = set() if self.published is None else set(self.published.numbers["row"].dropna())
        always = [*self.simpler_rows, *(row for row in self.rows if row in published)]
        return named_rows(self.rows, self.answers, always)

    def intervals(self, metric: str) -> pd.DataFrame | None:
        """`interval_frame` of a metric, made once; None where answers don't give it, or the grid has too many points
        for a bootstrap of each."""
        is_cheap = metric == ACCURACY or len(self.answers) <= MOST_BOOTSTRAPPED
        if metric not in METRICS or not is_cheap:
            return None
        if metric not in self.known_intervals:
            self.known_intervals[metric] = interval_frame(self.answers, metric, self.draws)
        return self.known_intervals[metric]

    def differences_to(self, opponent: str) -> pd.DataFrame:
        """`difference_frame` of accuracy to a row, made once."""
        if opponent not in self.known_differences:
            made = difference_frame(self.answers, opponent, ACCURACY, self.draws, self.verdicts)
            self.known_differences[opponent] = made
        return self.known_differences[opponent]

    @cached_property
    def fitted(self) -> FittedCurves:
        """The curves of accuracy against training size."""
        return fitted_curves(self.answers, self.simpler_rows)

    @cached_property
    def budgets(self) -> list[Budget]:
        """What is best and what is tied with it at every label count and training size."""
        return budgets(self.answers, training_costs(self.cells), verdicts=self.verdicts)

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
