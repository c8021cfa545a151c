"""A worker process: runs the cells it is sent, one after the other, and stays warm between them."""

import ctypes
import errno
import os
import signal
import stat
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from bench.cell import Cell
from bench.errors import said
from bench.escape.streams import mask_output
from bench.results.record import Record
from bench.results.regular import NO_WRITING
from bench.results.store import LOG, check_place
from bench.running import devices
from bench.running.cores import use_threads
from bench.running.observers import Observer, Observers, chosen
from bench.running.out_of_memory import is_out_of_memory
from bench.running.warm import Warm
from bench.sweep.messages import Ended, Job, Phase, Split, Step, Unwritten, Warned
from bench.sweep.slots import Slot

REPORT_SECONDS = 0.5
"""Steps are told no more often."""
CHANGED: dict[str, Literal["data", "model"]] = {"DataChanged": "data", "ModelChanged": "model"}
"""By the failure's type: what of a cell is not as it was planned."""
SET_PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux's prctl(2)."""


def serve(connection: Connection, slot: Slot, parent: int) -> None:
    """Run jobs from `connection` until it says None or closes; answer each with how it ended, and steps before that.

    Whatever happens to `parent` (a process id), this process does not outlive it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which decides
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _end_with(parent)
    if slot.gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = slot.gpu  # before anything imports torch
        devices.use_expandable_segments()
        devices.workers_on_gpu = slot.sharing
    use_threads(slot.threads)  # likewise
    mask_output()  # a log is a file that is shown around
    warm = Warm(lasting=True)
    observer: Observers | None = None
    for job in _jobs(connection):
        observer = observer or chosen(job.settings, pipe := Pipe(connection), warn=pipe.warn)
        for answer in _run(job, observer, warm):
            connection.send(answer)
    if observer is not None:
        observer.close()


def _jobs(connection: Connection) -> Iterator[Job]:
    """What the parent sends, until it says that there is no more, or is gone."""
    with suppress(EOFError):
        while (job := connection.recv()) is not None:
            yield job


def _end_with(parent: int) -> None:
    """End this process when its parent does, even if that is killed while this one is deep in a computation."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _run(job: Job, observer: Observer, warm: Warm) -> Sequence[Ended | Split | Unwritten]:
    """Run the cells of a job; an answer for each, or one for all of a stack where that failed."""
    first, *others = job.cells
    try:
        _log_to(first.folder(job.settings.results_dir))
        for other in others:
            with os.fdopen(_open_log(other.folder(job.settings.results_dir)), "w", encoding="utf-8") as log:
                log.write(f"fused with {first.key}: its log is of all\n")
    except OSError as error:
        return [_unwritten(error, job)]
    from bench.running.measuring import TooMany
    from bench.running.run import RecordUnwritten, run

    try:
        records = run(job.cells, job.settings, halvings=job.halvings, observer=observer, warm=warm, bar=job.bar)
        return [_ended(record) for record in records]
    except RecordUnwritten as error:
        return [_unwritten(error, job)]
    except TooMany as stack:  # the parent gives the others to whoever is idle
        return [Split(str(stack), most=stack.most, begun=False)]
    except Exception as error:  # smaller stacks are tried, cells alone in the end: what fails then is in their records
        if not others:
            raise
        traceback.print_exc()
        return [Split(f"{type(error).__name__}: {error}".splitlines()[0], most=_most(error, len(job.cells)))]
    finally:
        _flush()


def _most(error: Exception, size: int) -> int | None:
    """How many cells like those of a stack of `size`, which `error` ended, may be in one; None: that is not known."""
    from bench.methods.fused.stack import Unfusable

    if isinstance(error, Unfusable):
        return 1
    return max(1, size // 2) if is_out_of_memory(error) else None


def _ended(record: Record) -> Ended:
    """The end of a cell as its sweep has to know it."""
    failure = record.failure
    if failure is None or failure.type not in CHANGED:
        return Ended(record.status.value)
    return Ended(record.status.value, CHANGED[failure.type], failure.message)


def _unwritten(error: Exception, job: Job) -> Unwritten | Split:
    """What to say where a file of a cell can't be written; where something stands in the way of one cell of a stack
    alone, the others have their records once they run alone."""
    cause = error.__cause__ or error
    everywhere = isinstance(cause, OSError) and cause.errno in NO_WRITING
    return Unwritten(said(error), everywhere) if everywhere or len(job.cells) == 1 else Split(said(error))


def _open_log(folder: Path) -> int:
    """A descriptor of the cell's log, emptied. Raises OSError, also where its record will have no place."""
    folder.mkdir(parents=True, exist_ok=True)
    check_place(folder)
    # a pipe that nobody reads would be waited for; what a link leads to is somebody else's
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW, 0o666)
    if not stat.S_ISREG(os.fstat(log).st_mode):
        os.close(log)
        raise OSError(errno.EINVAL, "not a regular file", str(folder / LOG))
    os.ftruncate(log, 0)
    return log


def _log_to(folder: Path) -> None:
    """Send what this process prints to the log of a cell. Raises OSError."""
    log = _open_log(folder)
    # the descriptors themselves, so that what native libraries print is in the cell's log too
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(log)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # the log is cut short, and the record is whole
            stream.flush()


class Pipe(Observer):
    """Tells the parent, now and then, how far the cells of a job are; and what is wrong."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._told, self._phase = connection, 0.0, ""
        self._steps: dict[str, tuple[int, int]] = {}
        """Of the cells at work, by key: steps that are done, and all that there are."""

    def on_phase(self, cell: Cell, what: str) -> None:
        """Tell once of what cells of a stack begin together."""
        if what != self._phase:
            self._phase = what
            self._send(Phase(what))

    def on_step(self, cell: Cell, step: int, max_steps: int, loss: float | None) -> None:
        """Tell of the cell that is farthest; of several cells no loss."""
        self._steps[cell.key] = step, max_steps
        if (now := time.monotonic()) - self._told < REPORT_SECONDS:
            return
        self._told = now
        done, planned = (max(steps) for steps in zip(*self._steps.values(), strict=True))
        self._send(Step(done, planned, loss if len(self._steps) == 1 else None))

    def on_record(self, cell: Cell, folder: Path, record: Record) -> None:
        """It is at work no more."""
        self._steps.pop(cell.key, None)
        self._phase = ""

    def warn(self, about: str, text: str) -> None:
        """Let the parent say it, for what this process prints is in the log of a cell."""
        self._send(Warned(about, text))

    def _send(self, message: Phase | Step | Warned) -> None:
        try:
            self._connection.send(message)
        except BrokenPipeError:
            os._exit(1)  # the parent is gone, and nothing that this process does now may leave a record
