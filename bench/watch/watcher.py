"""Looks at a sweep's records and claims again and again while somebody reads, and has the report drawn again."""

import json
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from bench.errors import said as said_of_error
from bench.escape.terminal import said, say
from bench.report.stamp import PAGE
from bench.results.store import file_stamp
from bench.sweep.left import TextLengths
from bench.sweep.survey import survey
from bench.watch.drawing import Drawing, Drawn
from bench.watch.status import status_of
from bench.watch.study import Records, Study

LOOK_SECONDS = 2.0
"""Between two looks, at least."""
PAUSE = 9
"""A look that takes long is followed by so many times as long without one."""
IDLE_SECONDS = 20.0
"""After which a page that no longer asks counts as closed: then nothing is looked at or drawn."""
PATIENCE = 10.0
"""Seconds that an answer waits for a look, where the last one is old."""


class Draws(Protocol):
    """A report that is being drawn, as `Drawing`."""

    def ended(self) -> Drawn | None:
        """How it ended; None while it draws."""

    def end(self) -> None:
        """End it now."""


def version(page: Path) -> str | None:
    """What is different after the page was drawn again; None without one."""
    found = file_stamp(page)
    return None if found is None else "-".join(f"{number:x}" for number in found)


class Watcher(threading.Thread):
    """The thread that looks. As a context it runs, and ends with what it had drawn."""

    def __init__(
        self, study: Study, every: float, draw: Callable[[Sequence[str]], Draws] = Drawing, look: float = LOOK_SECONDS
    ) -> None:
        """`every` is how many seconds there are at least between two drawings, `look` between two looks."""
        super().__init__(name="watcher", daemon=True)
        self.study, self.every, self.look = study, every, look
        self.folder = study.folder
        """The report's."""
        self._draw, self._lengths = draw, TextLengths()
        self._drawing: Draws | None = None
        self._drawn_of: Records | None = None
        self._next_drawing = 0.0
        self._complaint: str | None = None
        self._error: str | None = None
        self._status: dict[str, Any] = {}
        self._looked = float("-inf")
        self._asked = time.monotonic()
        self._ended = False
        self._changed = threading.Condition()

    def __enter__(self) -> "Watcher":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self.join()
        if self._drawing is not None:
            self._drawing.end()

    @property
    def title(self) -> str:
        """What the report is called."""
        return str(self.folder.relative_to(self.study.settings.reports_dir))

    @property
    def page(self) -> Path:
        """The report's page, which need not be there yet."""
        return self.folder / PAGE

    def status(self) -> bytes:
        """What is known now, as JSON, from a moment ago; the sweep is looked at as long as somebody asks."""
        with self._changed:
            self._asked = time.monotonic()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ended or self._is_fresh(), timeout=PATIENCE)
            return json.dumps(self._status).encode()

    def run(self) -> None:
        """What the thread does."""
        while not self._ended:
            start = time.monotonic()
            self._look()
            pause = max(self.look, PAUSE * (time.monotonic() - start))
            with self._changed:
                self._changed.wait_for(lambda: self._ended, timeout=pause)
                self._changed.wait_for(lambda: self._ended or self._is_wanted())

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._looked < IDLE_SECONDS

    def _is_wanted(self) -> bool:
        return self._drawing is not None or time.monotonic() - self._asked < IDLE_SECONDS

    def _look(self) -> None:
        try:
            self._step()
            found = survey(self.study.cells, self.study.settings, quietly=bool(self._status))
            known, error = status_of(found, self.study, self._lengths), self._error
        except Exception as problem:  # a folder that is gone for a moment: the next look may find it again
            self._complain(traceback.format_exc())
            known, error = self._status, f"the sweep cannot be looked at: {said_of_error(problem)}"
        self._tell(known, error)

    def _tell(self, known: dict[str, Any], error: str | None) -> None:
        """Give out what is known from now on."""
        with self._changed:
            self._status = {
                **known,
                "title": self.title,
                "page": version(self.page),
                "drawing": self._drawing is not None,
                "error": None if error is None else said(error),
            }
            self._looked = time.monotonic()
            self._changed.notify_all()

    def _step(self) -> None:
        """Have the report drawn where records have changed, not too often and never twice at once."""
        if self._drawing is not None:
            if (drawn := self._drawing.ended()) is None:
                return
            self._drawing = None
            self._next_drawing = time.monotonic() + self.every
            self._take(drawn)
        if time.monotonic() < self._next_drawing:
            return
        records = self.study.records()
        if records != self._drawn_of or version(self.page) is None:
            self._drawn_of = records
            self._drawing = self._draw(self.study.words)

    def _take(self, drawn: Drawn) -> None:
        if drawn.error is None:
            self._error = None
            if "(unchanged)" not in drawn.output:
                say(drawn.output.strip())
        else:
            self._error = f"the report could not be drawn: {drawn.error}"
            self._drawn_of = None  # it is tried again
        if drawn.complaints:
            self._complain(drawn.complaints.rstrip())
        self.folder = self.study.folder

    def _complain(self, text: str) -> None:
        """Say it on the terminal, once where it stays the same."""
        if text != self._complaint:
            self._complaint = text
            say(text, error=True)
