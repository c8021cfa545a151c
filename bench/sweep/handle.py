"""The parent's side of one worker process."""

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from bench.cell import Cell
from bench.provenance import now
from bench.results.processes import process
from bench.settings import Settings
from bench.sweep.messages import Ended, Job, Step, Unwritten
from bench.sweep.queue import NOTHING, Base, base_of
from bench.sweep.slots import Slot
from bench.sweep.worker import serve

PATIENCE_SECONDS = 10.0
"""For an idle process to end by itself."""


class WorkerDied(Exception):
    """A worker process ended while it ran a cell."""


class Handle:
    """A worker process in its slot, and the cell that it runs."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.cell: Cell | None = None
        self.halved = False
        self.started = now()
        self.clock = time.monotonic()
        self.cells_begun = 0
        self.loaded: Base = NOTHING
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(theirs, slot, os.getpid()), daemon=True)
        self.process.start()
        theirs.close()

    @property
    def name(self) -> str:
        """Of the process, for claims. Raises ProcessLookupError where it has ended."""
        assert self.process.pid is not None
        return process(self.process.pid)

    def send(self, cell: Cell, settings: Settings, *, halved: bool) -> None:
        """Hand it a cell to run. Raises WorkerDied where the process ended while it was idle."""
        self.cell, self.halved, self.started, self.clock = cell, halved, now(), time.monotonic()
        self.cells_begun += 1
        self.loaded = base_of(cell)
        try:
            self.connection.send(Job(cell, settings, halved))
        except (BrokenPipeError, ConnectionResetError):
            raise WorkerDied("the worker ended while it was idle") from None

    def receive(self) -> Step | Ended | Unwritten:
        """What it says next. Raises WorkerDied."""
        try:
            message: Step | Ended | Unwritten = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            raise WorkerDied(_describe_exit(self.process.exitcode)) from None
        return message

    def overdue(self, timeout_minutes: float | None) -> bool:
        """Whether its cell takes longer than it may."""
        return (
            timeout_minutes is not None
            and self.cell is not None
            and time.monotonic() - self.clock > timeout_minutes * 60
        )

    def stop(self) -> None:
        """End the process, at once where it is at work: it can hold nothing that anyone needs."""
        self.connection.close()
        if self.cell is None:
            self.process.join(PATIENCE_SECONDS)
        self.process.kill()  # nothing where it has ended
        self.process.join()


def _describe_exit(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = " (the kernel's out-of-memory killer uses it)" if name == "SIGKILL" else ""
        return f"the worker was ended by {name}{hint}"
    return f"the worker ended with exit code {code}"
