"""What a single cell is doing, on standard error: a line now and then, so that long work is not taken for a hang."""

import math
import threading
import time
from types import TracebackType

from bench.cell import Cell
from bench.escape.terminal import say
from bench.running.observers import Observer

FIRST_SECONDS, MOST_SECONDS = 5.0, 60.0
"""How long a phase lasts until it is said, and how long it is silent at most; in between it doubles.

What is over before, a wrong file, say, ends with its own line alone.
"""


class Heartbeat(Observer):
    """While it is the context: what goes on is said by a thread of its own, whatever holds up the others."""

    def __init__(self, first: float | None = None) -> None:
        self.first = FIRST_SECONDS if first is None else first
        self._now = ("", "", time.monotonic())
        """The phase, its step, and since when it goes on: put there at once, for the other thread reads it."""
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

    def on_phase(self, cell: Cell, what: str) -> None:
        """Something else begins."""
        self._now = (what, "", time.monotonic())
        self._changed.set()

    def on_step(self, cell: Cell, step: int, max_steps: int, loss: float | None) -> None:
        """`step` of `max_steps` optimizer steps are done."""
        shown = "" if loss is None or not math.isfinite(loss) else f", loss {loss:.3f}"
        self._now = (self._now[0], f" step {step}/{max_steps}{shown}", self._now[2])

    def _run(self) -> None:
        wait = self.first
        while not self._over:
            if self._changed.wait(wait):
                self._changed.clear()
                wait = self.first
            elif self._now[0]:
                what, step, begun = self._now
                say(f"{what}{step} ({time.monotonic() - begun:.0f} s)", error=True)
                wait = min(2 * wait, MOST_SECONDS)
