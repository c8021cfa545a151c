"""Where the report of a sweep goes: to the folder of the sweep's name, but never over another grid's report.

A hidden file in a report's folder says whose it is: which experiment (`+experiment=...`) and which cells. A sweep may
replace a report of its own experiment, and one whose cells are all among its own. Where another one is in the way
its report goes to `NAME-2`, `NAME-3` and so on, and is called so.
"""

import csv
import io
import json
import os
import re
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.results.regular import check_folder, read_json, read_regular
from bench.results.store import write_atomically
from bench.rights import shared_lock

OWNER = ".grid.json"
LOCK = ".names.lock"
"""The file in `reports_dir` that is locked for a moment while a sweep takes a folder."""
LEFT_SECONDS = 86_400
"""The age at which a folder that was taken, and has no report, counts as left by a sweep that was killed."""
CELLS_TABLE = "results.csv"
"""The file by which an earlier version's report, which has no `OWNER`, is known."""


@dataclass(frozen=True, slots=True)
class Grid:
    """What a report is of."""

    experiment: str | None
    """The file of `conf/experiment/`; None for a grid of options alone, or where that is not known."""
    cells: frozenset[str]
    """Their keys."""

    def may_replace(self, other: "Grid") -> bool:
        """Whether a report on `other` is an earlier one of the same study."""
        known = self.experiment is not None and other.experiment in (self.experiment, None)
        return known or (bool(other.cells) and other.cells <= self.cells)


@dataclass(frozen=True, slots=True)
class ReportFolder:
    """The folder of a sweep's report."""

    name: str
    """Below `reports_dir`; the report is called so, too."""
    note: str | None
    """What to say where it is another than was asked for, or an unlike report is replaced; None: nothing."""


def grid_of(keys: Iterable[str], overrides: Sequence[Sequence[str]]) -> Grid:
    """The grid of the cells with these keys, which `overrides` (of each point) composed."""
    words = overrides[0] if overrides else ()
    chosen = [word.partition("=")[2] for word in words if re.match(r"\+*experiment=", word)]
    return Grid(chosen[-1] if chosen else None, frozenset(keys))


def report_folder(reports_dir: str, name: str, grid: Grid) -> ReportFolder:
    """Where the report of a sweep that is called `name` goes. Nothing is written. Raises OSError."""
    top = Path(reports_dir)
    known = {each: _owner(top / each) for each in _candidates(top, name)}
    there = {each: owner for each, owner in known.items() if owner is not None}
    same = [each for each, owner in there.items() if owner == grid]
    ours = same or [each for each, owner in there.items() if grid.may_replace(owner)]
    if ours:
        return ReportFolder(ours[0], _note(top, name, ours[0], there, grid))
    number, free = 2, name
    while free in there:
        free, number = f"{name}-{number}", number + 1
    return ReportFolder(free, _note(top, name, free, there, grid))


def take(reports_dir: str, name: str, grid: Grid) -> ReportFolder:
    """Like `report_folder`, and the folder is this grid's from now on, for other sweeps too. Raises OSError."""
    check_folder(Path(reports_dir))  # which says of a file in its place what it is
    Path(reports_dir).mkdir(parents=True, exist_ok=True)
    with shared_lock(Path(reports_dir, LOCK)):
        found = report_folder(reports_dir, name, grid)
        folder = Path(reports_dir, found.name)
        folder.mkdir(parents=True, exist_ok=True)
        content = {"experiment": grid.experiment, "cells": sorted(grid.cells)}
        write_atomically(folder / OWNER, json.dumps(content).encode())
    return found


def _candidates(top: Path, name: str) -> list[str]:
    """The names that are there of those that the report may have, in their order."""
    folder = (top / name).parent
    numbered = re.compile(rf"{re.escape(Path(name).name)}(?:-([1-9][0-9]{{0,5}}))?")
    try:
        entries = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = {int(match[1] or 1): entry for entry in entries if (match := numbered.fullmatch(entry)) is not None}
    return [str(Path(name).parent / found[number]) for number in sorted(found)]


def _owner(folder: Path) -> Grid | None:
    """The grid of the report in a folder; None without one (a picture alone, say). Of unknown cells where it is not
    known."""
    has_page = (folder / CELLS_TABLE).is_file()
    try:
        age = time.time() - (folder / OWNER).stat().st_mtime
        content = read_json(folder / OWNER)
        cells, experiment = content["cells"], content["experiment"]
        if isinstance(cells, list) and (experiment is None or isinstance(experiment, str)):
            return Grid(experiment, frozenset(map(str, cells))) if has_page or age < LEFT_SECONDS else None
    except (OSError, ValueError, TypeError, KeyError):
        pass  # an earlier version's, or damaged
    return Grid(None, frozenset(_keys(folder / CELLS_TABLE))) if has_page else None


def _keys(path: Path) -> Collection[str]:
    """The cells of a report by its table; none where that can't be read."""
    try:
        rows = csv.DictReader(io.StringIO(read_regular(path).decode(), newline=""))
        return {row["key"] for row in rows if row.get("key")}
    except (OSError, ValueError, csv.Error):
        return ()


def _note(top: Path, name: str, folder: str, there: dict[str, Grid], grid: Grid) -> str | None:
    if folder != name:
        return f"{top / name} is another grid's report: this one's is {top / folder} (name=... gives it another name)"
    if (old := there.get(folder)) is not None and old.cells and old.cells.isdisjoint(grid.cells):
        return (
            f"{top / folder} is a report on other cells of {grid.experiment}: a report on these takes its place "
            "(name=... keeps both)"
        )
    return None
