"""Measuring steps of a training from its callbacks, while the stack that trains gets smaller."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from tests.perf.gpu.card import finish
from tests.perf.gpu.counting import Profiled, Profiler, Waits

WARM_UP, TIMED = 4, 8
"""Steps of a window that are not counted, and those that are timed together; one is profiled and one looked through for
waits after them."""
WINDOW = WARM_UP + TIMED + 2


@dataclass(frozen=True, slots=True)
class Window:
    """Steps of the same cells."""

    cells: int
    seconds: float
    """Of one step of all of them."""
    profiled: Profiled
    waits: int | None
    """None on a CPU, as is the next."""
    peak_bytes: int | None
    """Most memory that tensors took in the steps that were timed."""


@dataclass(slots=True)
class Recorder:
    """Told of the steps of the one cell that trains longest; of `sizes` the stack has, each has a window."""

    device: str
    sizes: Sequence[int]
    windows: list[Window] = field(default_factory=list)
    _began: float = 0.0
    _seconds: float = 0.0
    _peak: int | None = None
    _profiler: Profiler | None = None
    _profiled: Profiled | None = None
    _waits: Waits | None = None

    def on_step(self, step: int, max_steps: int, loss: float | None) -> None:
        """Step number `step`, from 1 on, is done."""
        window, place = divmod(step - 1, WINDOW)
        if place + 1 == WARM_UP:
            self._begin()
        elif place + 1 == WARM_UP + TIMED:
            self._end()
            self._profiler = Profiler(self.device)
        elif place + 1 == WARM_UP + TIMED + 1:
            finish(self.device)
            assert self._profiler is not None
            self._profiled = self._profiler.stop()
            self._waits = Waits() if self.device == "cuda" else None
        elif place + 1 == WINDOW:
            waits = None if self._waits is None else self._waits.stop()
            assert self._profiled is not None
            self.windows.append(Window(self.sizes[window], self._seconds, self._profiled, waits, self._peak))

    def _begin(self) -> None:
        finish(self.device)
        if self.device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        self._began = time.perf_counter()

    def _end(self) -> None:
        finish(self.device)
        self._seconds = (time.perf_counter() - self._began) / TIMED
        self._peak = torch.cuda.max_memory_allocated() if self.device == "cuda" else None
