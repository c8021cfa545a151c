"""The local pool: one warm worker process a GPU, or one on the CPU. A dead worker costs its cell only."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from bench.cell import Cell
from bench.config import Settings
from bench.devices import visible_gpus
from bench.provenance import now
from bench.results import store
from bench.results.record import Status
from bench.sweep.progress import Progress
from bench.sweep.worker import Job, serve


class WorkerDied(Exception):
    """A worker process ended while it ran a cell."""


class Worker:
    """The parent's side of one worker process."""

    def __init__(self, gpu: str | None) -> None:
        self.gpu = gpu
        self.cell: Cell | None = None
        self.started = now()
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(theirs, gpu), daemon=True)
        self.process.start()
        theirs.close()

    def send(self, cell: Cell, settings: Settings) -> None:
        """Hand it a cell to run."""
        self.cell, self.started = cell, now()
        self.connection.send(Job(cell, settings))

    def receive(self) -> Status:
        """How its cell ended. Raises WorkerDied."""
        try:
            return Status(self.connection.recv())
        except (EOFError, ConnectionResetError):
            self.process.join()
            raise WorkerDied(_describe_exit(self.process.exitcode)) from None

    def stop(self) -> None:
        """End the process: it is idle, dead, or not wanted any more."""
        self.connection.close()
        if self.cell is not None:
            self.process.terminate()
        self.process.join()


def run_pool(cells: Sequence[Cell], settings: Settings, progress: Progress) -> None:
    """Run `cells`, in order, over the visible devices; every one of them ends with a record.

    Interrupted, it ends its workers and leaves no record of the cells they were running.
    """
    waiting = deque(cells)
    workers: dict[Connection, Worker] = {}
    try:
        for gpu in _devices(settings)[: len(cells)]:
            _start(Worker(gpu), waiting, workers, settings)
        while workers:
            for connection in wait(list(workers)):
                assert isinstance(connection, Connection)
                _collect(workers.pop(connection), waiting, workers, settings, progress)
    finally:
        for worker in workers.values():
            worker.stop()


def _devices(settings: Settings) -> list[str | None]:
    """One entry a worker: a GPU's UUID, or None for a worker on the CPU."""
    gpus = [] if settings.device == "cpu" else visible_gpus()
    return [gpu.uuid for gpu in gpus] or [None]


def _start(worker: Worker, waiting: deque[Cell], workers: dict[Connection, Worker], settings: Settings) -> None:
    """Give `worker` the next cell; one that died while it was idle is replaced, and has cost nothing."""
    try:
        worker.send(waiting[0], settings)
    except BrokenPipeError:
        worker.cell = None
        worker.stop()
        worker = Worker(worker.gpu)
        worker.send(waiting[0], settings)
    waiting.popleft()
    workers[worker.connection] = worker


def _collect(
    worker: Worker,
    waiting: deque[Cell],
    workers: dict[Connection, Worker],
    settings: Settings,
    progress: Progress,
) -> None:
    """Take a worker's answer and give it, or one in its place, the next cell."""
    cell = worker.cell
    assert cell is not None
    try:
        status = worker.receive()
    except WorkerDied as death:
        status = _record_crash(cell, settings, death, worker.started)
    worker.cell = None
    progress.advance(cell, status)
    if waiting and status is Status.OK and worker.process.is_alive():
        _start(worker, waiting, workers, settings)
        return
    worker.stop()
    if waiting:  # whatever went wrong may have left its process in a bad state
        _start(Worker(worker.gpu), waiting, workers, settings)


def _record_crash(cell: Cell, settings: Settings, death: WorkerDied, started: str) -> Status:
    """Leave a `crashed` record in the place of a worker that could not."""
    from bench.recording import failed

    device = "cpu" if settings.device == "cpu" or not visible_gpus() else "cuda"
    store.write(cell.folder(settings.results_dir), failed(cell, Status.CRASHED, death, started, device))
    return Status.CRASHED


def _describe_exit(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = " (the kernel's out-of-memory killer uses it)" if name == "SIGKILL" else ""
        return f"the worker was ended by {name}{hint}"
    return f"the worker ended with exit code {code}"
