"""What a backend is: the one who speaks with a tracker's library."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from bench.errors import said
from bench.escape.characters import shortened
from bench.tracking.messages import End, Points, Run, Setup

R = TypeVar("R")
"""A run as the library knows it."""
Say = Callable[[str], None]
"""Takes what is wrong, in words that follow the tracker's name."""

REPORT = "report"
"""What the run is called that has the sweep's report."""
_TABLES = ("index.md", "results.csv", "summary.csv", "points.csv", "report.json")
MAX_WORDS = 300


def named(error: BaseException) -> str:
    """The kind of an error, and what it says; a long one is cut, so that what is said after it stays."""
    return shortened(f"{type(error).__name__}: {said(error)}", MAX_WORDS)


class Backend(ABC, Generic[R]):
    """Keeps the runs that are open by their cells' keys; a run that another process began is opened again to be ended.

    While a run is open a small file says so, with its id, for whoever writes the record of its cell. All methods may
    raise whatever the library does.
    """

    def __init__(self, setup: Setup, say: Say) -> None:
        self.setup, self.say = setup, say
        self.folder = Path(setup.folder)
        self.open: dict[str, R] = {}

    def begin(self, run: Run) -> None:
        """A cell begins. What is left of an earlier attempt at it has failed."""
        if (before := self.open.pop(run.key, None)) is not None:
            self.kill(before)
        self.open[run.key], found = self.start(run)
        self._note(run.key).parent.mkdir(parents=True, exist_ok=True)
        self._note(run.key).write_text(found, encoding="utf-8")

    def log(self, key: str, points: Points) -> None:
        """What was measured at optimizer steps; of a run that could not be begun nothing is kept until its record."""
        if (run := self.open.get(key)) is not None:
            self.log_points(run, points)

    def end(self, end: End) -> None:
        """The cell has a record."""
        key, note = end.run.key, self._note(end.run.key)
        run = self.open.pop(key, None)
        if run is None:
            run = self.resume(end.run, note.read_text(encoding="utf-8")) if note.is_file() else self.start(end.run)[0]
        note.unlink(missing_ok=True)
        self.finish(run, end)

    def close(self) -> None:
        """No more comes. Runs that are open have no record yet: the process was killed, or the sweep interrupted."""
        for run in self.open.values():
            self.kill(run)

    def _note(self, key: str) -> Path:
        return self.folder / "open" / hashlib.sha256(key.encode()).hexdigest()[:32]

    @abstractmethod
    def start(self, run: Run) -> tuple[R, str]:
        """A new run, with its parameters, and the id by which it can be resumed."""

    @abstractmethod
    def resume(self, run: Run, found: str) -> R:
        """The run with this id, which another process had begun."""

    @abstractmethod
    def log_points(self, run: R, points: Points) -> None:
        """Keep metrics by step."""

    @abstractmethod
    def finish(self, run: R, end: End) -> None:
        """Keep what the record says, and end the run: well, or as failed."""

    @abstractmethod
    def kill(self, run: R) -> None:
        """End a run that has no record."""

    @abstractmethod
    def report(self, page: str) -> None:
        """Keep the sweep's report in a run of its own."""


def report_files(page: str) -> list[Path]:
    """The page of a report, its tables, and its figures as PNG."""
    folder = Path(page).parent
    tables = [folder / name for name in _TABLES]
    return [Path(page), *(path for path in tables if path.is_file()), *figures(page)]


def figures(page: str) -> list[Path]:
    """The figures beside a report's page."""
    return sorted(Path(page).parent.glob("*.png"))
