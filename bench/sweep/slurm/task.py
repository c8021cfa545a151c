"""What an array task runs on its node: its cells, by the local pool, on the GPUs that Slurm gave it.

Beside submitit's files it leaves `<job>.started`, written when its cells begin, `<job>.alive`, touched again and again,
and `<job>.ended`, which says why it stopped. They are how the sweep tells a cell that was running when its job was lost
from one that had not begun, and a job that Slurm takes to be running from one that is.
"""

import os
import platform
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from bench.cell import Cell
from bench.config import Settings
from bench.results import store
from bench.results.claims import Claims
from bench.results.record import Status
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slurm.submission import stamp

DONE = "done"
ENDING = (signal.SIGUSR2, signal.SIGTERM)
"""What Slurm sends before the time limit, and when it pre-empts or cancels a job."""
SECOND_THOUGHT = 1.0
"""Seconds. Where Slurm ends a job it signals all its processes; the news of a dead worker may come first."""


class JobEnds(BaseException):
    """Slurm is about to end this job; like KeyboardInterrupt, no cell may catch it."""


def run_task(cells: Sequence[Cell], stamps: Mapping[str, str | None], settings: Settings, folder: Path) -> None:
    """Run the cells that nobody has run since they were submitted, and that nobody else is running now.

    `stamps` says which record each cell had when it was submitted, by key. When Slurm is about to end the job, the
    workers are ended and the cells they were running leave no record.
    """
    import submitit

    job = submitit.JobEnvironment().job_id
    (folder / f"{job}.ended").unlink(missing_ok=True)  # of this task before it was requeued
    (folder / f"{job}.started").write_text(platform.node(), encoding="utf-8")
    if "SLURM_CPUS_PER_TASK" in os.environ:
        os.environ.setdefault("OMP_NUM_THREADS", os.environ["SLURM_CPUS_PER_TASK"])
    # numbers of devices mean nothing here; all that Slurm left visible are this task's
    settings = replace(settings, pool=replace(settings.pool, devices=None))
    todo = [cell for cell in cells if stamp(cell.folder(settings.results_dir)) == stamps[cell.key]]
    why = DONE
    with told_when_ending(), signs_of_life(folder / f"{job}.alive", settings.slurm.silence_seconds / 5):
        try:
            todo = [cell for cell in todo if _is_free(cell, settings)]
            if todo:
                _run(todo, settings)
        except JobEnds as end:
            why = str(end)
    store.write_atomically(folder / f"{job}.ended", why.encode())


@contextmanager
def told_when_ending() -> Iterator[None]:
    """The first signal that says that the job is about to be ended raises JobEnds; further ones do nothing."""

    def end(number: int, frame: FrameType | None) -> None:
        for number_ in ENDING:
            signal.signal(number_, signal.SIG_IGN)
        raise JobEnds(signal.Signals(number).name)

    before = {number: signal.signal(number, end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def signs_of_life(path: Path, every: float) -> Iterator[None]:
    """Touch a file every so many seconds."""
    over = threading.Event()

    def touch() -> None:
        path.touch()
        while not over.wait(every):
            path.touch()

    toucher = threading.Thread(target=touch, name="signs of life", daemon=True)
    toucher.start()
    try:
        yield
    finally:
        over.set()
        toucher.join()


def _run(cells: Sequence[Cell], settings: Settings) -> None:
    with TaskProgress(cells, settings) as progress:
        run_pool(cells, settings, progress)


def _is_free(cell: Cell, settings: Settings) -> bool:
    """Whether nobody who is alive runs the cell; the pool will claim it for the time it takes."""
    folder = cell.folder(settings.results_dir)
    with Claims(settings.results_dir, launcher="slurm") as claims:
        claims.drop_own_job(folder)
        return claims.take(folder, device="")


class TaskProgress(Progress):
    """One line a cell in the task's log; and no crash where it was Slurm that ended the worker."""

    def __init__(self, cells: Sequence[Cell], settings: Settings) -> None:
        super().__init__(cells)
        self.settings = settings

    def advance(self, cell: Cell, status: Status) -> None:
        """One more cell has ended."""
        if status is Status.CRASHED:
            try:
                time.sleep(SECOND_THOUGHT)
            except JobEnds:
                (cell.folder(self.settings.results_dir) / store.RECORD).unlink(missing_ok=True)
                raise
        super().advance(cell, status)
