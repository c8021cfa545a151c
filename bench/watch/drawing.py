"""Drawing the report in a process of its own: it takes seconds and memory, and ends by itself."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NICENESS = 10
"""Training comes first."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a drawing ended."""

    code: int
    output: str
    """What it printed: the page's place."""
    complaints: str
    """What it printed to standard error."""

    @property
    def error(self) -> str | None:
        """Why there is no new page; None where there is, or where nothing has changed."""
        if self.code == 0:
            return None
        lines = self.complaints.strip().splitlines()
        return lines[-1].removeprefix("error: ") if lines else f"the drawing ended with {self.code}"


class Drawing:
    """A report that is being drawn by `bench report`, which does nothing where nothing has changed."""

    def __init__(self, words: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-watch-")
        self._output, self._complaints = (Path(self._folder.name, name) for name in ("output", "complaints"))
        with self._output.open("wb") as output, self._complaints.open("wb") as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench", "-m", *words, "command=report"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=complaints,
                start_new_session=True,  # Ctrl-C is for the watcher, which ends it
            )
        with suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)

    def ended(self) -> Drawn | None:
        """How it ended; None while it draws."""
        if (code := self._process.poll()) is None:
            return None
        with self._folder:
            return Drawn(code, *(file.read_text(errors="replace") for file in (self._output, self._complaints)))

    def end(self) -> None:
        """End it now: the page stays as it was."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()
        self._folder.cleanup()
