"""What a single cell is doing, on standard error, so that long work is not taken for a hang.

On a terminal that is one line that changes and is gone in the end; elsewhere (a log, a pipe) a line now and then.
"""

import math
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

from bench.cell import Cell
from bench.escape.terminal import Plain, say
from bench.running.observers import Observer
from bench.wording import rough_duration

if TYPE_CHECKING:
    from rich.spinner import Spinner  # only a terminal needs it

FIRST_SECONDS, MAX_SECONDS = 5.0, 30.0
"""How long a phase lasts until it is said, and how long it is silent at most; in between it doubles.

What is over before, a wrong file, say, ends with its own line alone.
"""


class Phase:
    """What goes on, since when, and how far it is."""

    def __init__(self, what: str) -> None:
        self.what, self.begun, self.step = what, time.monotonic(), ""

    def done(self, step: int, max_steps: int, loss: float | None) -> None:
        """`step` of `max_steps` optimizer steps are done, by all of which the time left is estimated."""
        shown = "" if loss is None or not math.isfinite(loss) else f", loss {loss:.3f}"
        left = rough_duration((time.monotonic() - self.begun) * (max_steps - step) / max(step, 1))
        self.step = f" step {step}/{max_steps}{shown}, about {left} left"

    def text(self) -> str:
        """Phase, step, loss and time left, in one line."""
        return f"{self.what}{self.step} ({time.monotonic() - self.begun:.0f} s)"


class PhaseObserver(Observer):
    """Knows what phase the one cell of this process is in, and how far it is; `_begun` is called with each phase."""

    def __init__(self, first: str) -> None:
        self._now = Phase(first)

    def on_phase(self, cell: Cell, what: str) -> None:
        """Something else begins."""
        self._now = Phase(what)
        self._begun()

    def on_step(self, cell: Cell, step: int, max_steps: int, loss: float | None) -> None:
        """`step` of `max_steps` optimizer steps are done."""
        self._now.done(step, max_steps, loss)

    def _begun(self) -> None:
        """Show the new phase."""


class Heartbeat(PhaseObserver):
    """While it is the context: what goes on is said by a thread of its own, whatever holds up the others."""

    def __init__(self, first: float | None = None) -> None:
        self.first = FIRST_SECONDS if first is None else first
        super().__init__("")
        self._changed, self._over = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._changed.set()
        self._thread.join()

    def _begun(self) -> None:
        self._changed.set()

    def _run(self) -> None:
        wait = self.first
        while not self._over:
            if self._changed.wait(wait):
                self._changed.clear()
                wait = self.first
            elif self._now.what:
                say(self._now.text(), error=True)
                wait = min(2 * wait, MAX_SECONDS)


class LiveLine(PhaseObserver):
    """While it is the context: what goes on stands on the terminal's last line, below whatever else is printed."""

    def __init__(self) -> None:
        from rich.live import Live
        from rich.spinner import Spinner

        super().__init__("preparing")
        self._spinner = Spinner("dots")
        self._live = Live(
            get_renderable=self._line,
            console=Plain(stderr=True),
            transient=True,
            refresh_per_second=5,
            redirect_stdout=sys.stdout.isatty(),  # else what is printed there is for a file, and stays there
        )

    def _line(self) -> "Spinner":
        self._spinner.update(text=self._now.text())
        return self._spinner

    def __enter__(self) -> "LiveLine":
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def _begun(self) -> None:
        self._live.refresh()


def progress_of_a_cell() -> Heartbeat | LiveLine:
    """What fits standard error."""
    return LiveLine() if Plain(stderr=True).is_terminal else Heartbeat()
