"""Which records below a folder count: those that are in their cells' own folders.

A copy that somebody put beside them (`backup/<cell>`, `<cell>.bak`, a whole folder of results below another) is no
second record of its cell, and never stands in for one.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

RECORD = "record.json"
DEPTH = 3
"""Folders from the results down to a cell: data set, model and method, cell."""
NEVER = DEPTH + 3
NAMED = 3
"""Folders with records out of place that are named."""
_KEY = re.compile(r"([^_]+)_([^_]+)_[^_]+_[^_]+_[^_]+_[0-9a-f]{16}")
"""As `Cell.key` makes it: row, data set, labels, examples, seed, hash."""


def place_of(key: str) -> tuple[str, ...]:
    """The folders of the cell of this key, from the results down; () where it is no cell's key."""
    found = _KEY.fullmatch(key)
    return () if found is None else (found[2], found[1], key)


@dataclass(frozen=True, slots=True)
class Places:
    """Where there are records below a folder, in a fixed order."""

    own: list[Path] = field(default_factory=list)
    """Folders of cells, no two of the same one."""
    elsewhere: list[Path] = field(default_factory=list)
    """Folders that have a record and are not their cell's."""
    closed: list[OSError] = field(default_factory=list)
    """Why folders could not be looked into."""

    @property
    def left_out(self) -> str:
        """One line on the records that do not count; empty where there are none."""
        count = len(self.elsewhere)
        if not count:
            return ""
        what = "records are not in their cells' own folders and do" if count > 1 else (
            "record is not in its cell's own folder and does"
        )  # fmt: skip
        more = f" and {count - NAMED:,} more" if count > NAMED else ""
        return f"{count:,} {what} not count: {', '.join(map(str, self.elsewhere[:NAMED]))}{more}"


def find_records(root: Path) -> Places:
    """The folders at and below `root` that hold a record file.

    `root` is a folder of results, or a data set's, a row's or a cell's folder in one, or has records of cells directly
    below it; what is nearest to the first counts, the rest is out of place. Links are followed as far down as cells
    are, and not below.
    """
    found: list[tuple[str, ...]] = []
    closed: list[OSError] = []
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        below = waiting.pop()
        folders, has_record = _content(root.joinpath(*below), len(below) < DEPTH, closed)
        waiting += [(*below, name) for name in folders]
        if has_record:
            found.append(below)
    missing = {below: _missing(below) for below in sorted(found)}
    nearest = min(missing.values(), default=NEVER)
    places = Places(closed=closed)
    for below, levels in missing.items():
        (places.own if levels == nearest < NEVER else places.elsewhere).append(root.joinpath(*below))
    return places


def _content(folder: Path, follow: bool, closed: list[OSError]) -> tuple[list[str], bool]:
    """The folders in `folder`, those that are links if it says so, and whether it has a record file."""
    try:
        with os.scandir(folder) as entries:
            there = list(entries)
    except OSError as error:
        closed.append(error)
        return [], False
    names = [entry.name for entry in there if entry.name != RECORD and _is_folder(entry, follow)]
    return names, any(entry.name == RECORD for entry in there)


def _is_folder(entry: "os.DirEntry[str]", follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:  # links that go round in a circle
        return False


def _missing(below: Sequence[str]) -> int:
    """How many levels are missing between `root` and a results folder, if the folder `below` it is its cell's.

    `root` itself, and a folder directly below it with another name than a cell's, count where there is nothing better.
    """
    if not below:
        return DEPTH + 2
    place = place_of(below[-1])
    if not place:
        return DEPTH + 1 if len(below) == 1 else NEVER
    return DEPTH - len(below) if place[-len(below) :] == tuple(below) else NEVER
