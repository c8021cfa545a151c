"""The parent's side of one worker process."""

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from bench.cell import Cell
from bench.methods.bar import Bar
from bench.results.processes import process
from bench.running.provenance import now
from bench.settings import Settings
from bench.sweep.messages import Answer, Job
from bench.sweep.queue import NOTHING, Base, base_of
from bench.sweep.slots import Slot
from bench.sweep.worker import serve

PATIENCE_SECONDS = 10.0
"""How long an idle process may take to end by itself."""
KILL_SECONDS = 30.0
"""How long a killed process may take to be gone: the driver gives its memory back first."""


class WorkerDied(Exception):
    """A worker process ended while it ran a cell."""


class Handle:
    """A worker process in its slot, and the cell that it runs, or the cells of a stack."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.cells: list[Cell] = []
        """Of its job, those that have not ended."""
        self.size = 0
        """Cells of its job when it was sent."""
        self.halvings = 0
        """How often the batches of its cells are halved."""
        self.stuck = False
        """Whether it was killed, and is still there."""
        self.failed = False
        """Whether a cell of it did not end well: the process may be in a bad state."""
        self.started = now()
        self.clock = time.monotonic()
        self.cells_begun = self.jobs_begun = 0
        self.loaded: Base = NOTHING
        self.connection = self._begin()

    def _begin(self) -> Connection:
        """Start it; what it says is read there."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(theirs, self.slot, os.getpid()), daemon=True)
        self.process.start()
        theirs.close()
        return ours

    @property
    def name(self) -> str:
        """Of the process, for claims. Raises ProcessLookupError where it has ended."""
        assert self.process.pid is not None
        return process(self.process.pid)

    @property
    def processes(self) -> tuple[str, ...]:
        """For claims: those of this machine that must be dead before its cell is anybody else's."""
        return (self.name,)

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process.is_alive()

    @property
    def is_fused(self) -> bool:
        """Whether its job is a stack of cells."""
        return self.size > 1

    def send(self, cells: Sequence[Cell], settings: Settings, *, halvings: int, bar: Bar | None = None) -> None:
        """Hand it cells to run, several to be fused. Raises WorkerDied where the process ended while it was idle."""
        self._given(cells, halvings)
        try:
            self.connection.send(Job(tuple(cells), settings, halvings, bar))
        except (BrokenPipeError, ConnectionResetError):
            raise WorkerDied("the worker ended while it was idle") from None

    def _given(self, cells: Sequence[Cell], halvings: int) -> None:
        self.cells, self.size, self.halvings = list(cells), len(cells), halvings
        self.started, self.clock = now(), time.monotonic()
        self.cells_begun += len(cells)
        self.jobs_begun += 1
        self.loaded = base_of(cells[0])

    def receive(self) -> Answer:
        """What it says next. Raises WorkerDied."""
        try:
            message: Answer = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join(KILL_SECONDS)  # one may hang in a driver on its way out
            raise WorkerDied(_describe_exit(self.process.exitcode)) from None
        return message

    def overdue(self, timeout_minutes: float | None) -> bool:
        """Whether its job takes longer than it may."""
        return timeout_minutes is not None and bool(self.cells) and time.monotonic() > self.deadline(timeout_minutes)

    def deadline(self, timeout_minutes: float) -> float:
        """When its job has to end, by the monotonic clock: fused cells have the time of all of them."""
        return self.clock + timeout_minutes * 60 * self.size

    def stop(self) -> None:
        """End the process, at once where it is at work: it can hold nothing that anyone needs."""
        self.connection.close()
        if self.stuck:
            return
        if not self.cells:
            self.process.join(PATIENCE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the process, if it has not ended. One that hangs in a driver can't be: it is `stuck`, and left alone."""
        self.process.kill()
        self.process.join(KILL_SECONDS)
        self.stuck = self.process.is_alive()


def _describe_exit(code: int | None) -> str:
    if code is None:
        return "the worker said no more, and did not end"
    if code < 0:
        name = signal.Signals(-code).name
        hint = " (the kernel's out-of-memory killer uses it)" if name == "SIGKILL" else ""
        return f"the worker was ended by {name}{hint}"
    return f"the worker ended with exit code {code}"
