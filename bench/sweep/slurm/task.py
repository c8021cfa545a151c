"""What an array task runs on its node: its cells, by the local pool, on the GPUs that Slurm gave it.

Beside submitit's files it leaves `<job>.started`, written when its cells begin, `<job>.alive`, touched again and again,
and `<job>.ended`, which says why it stopped. They are how the sweep tells a cell that was running when its job was lost
from one that had not begun, and a job that Slurm takes to be running from one that is.
"""

import os
import platform
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType

from bench.cell import Cell
from bench.results import store
from bench.results.claims import Claims
from bench.results.fresh import kept_fresh
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.job_index import OWN
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, Slot
from bench.sweep.slurm.options import SlurmOptions
from bench.sweep.stopped import Interrupted

DONE = "done"
SECOND_THOUGHT = 2.0
"""Seconds. Where Slurm ends a job it signals all its processes; the news of a dead worker may come first."""


class JobEnds(Exception):
    """Slurm is about to end this job."""


class Told:
    """Whether Slurm has told this job to end: by SIGUSR2 before the time limit, by SIGTERM to pre-empt or cancel it.

    While it is the context, either raises JobEnds, once. SIGUSR2 becomes a SIGTERM, which the pool understands too.
    """

    def __init__(self) -> None:
        self.why: str | None = None
        self.known = False
        """Nothing is raised any more."""

    def __enter__(self) -> "Told":
        self._before = {
            signal.SIGUSR2: signal.signal(signal.SIGUSR2, self._nearly_over),
            signal.SIGTERM: signal.signal(signal.SIGTERM, self._over),
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _nearly_over(self, number: int, frame: FrameType | None) -> None:
        self.why = self.why or "SIGUSR2"
        signal.raise_signal(signal.SIGTERM)

    def _over(self, number: int, frame: FrameType | None) -> None:
        self.why = self.why or "SIGTERM"
        if not self.known:
            self.known = True
            raise JobEnds


def run_task(
    cells: Sequence[Cell],
    stamps: Mapping[str, store.Stamp | None],
    settings: Settings,
    options: SlurmOptions,
    folder: Path,
) -> None:
    """Run the cells that nobody has run since they were chosen, and that nobody else is running now.

    `stamps` (by key) are of the records that were there when the cells were chosen. When Slurm is about to end the
    job, the workers are ended and the cells they were running leave no record.
    """
    import submitit

    os.environ[OWN] = "1"
    job = submitit.JobEnvironment().job_id
    (folder / f"{job}.ended").unlink(missing_ok=True)  # of this task before it was requeued
    (folder / f"{job}.started").write_text(platform.node(), encoding="utf-8")
    why = DONE
    with Told() as told, signs_of_life(folder / f"{job}.alive", options.silence_seconds / 5):
        try:
            todo = [cell for cell in cells if store.stamp(cell.folder(settings.results_dir)) == stamps[cell.key]]
            if todo := [cell for cell in todo if _is_free(cell, settings)]:
                _run(todo, settings, stamps, options.in_a_task())
        except (JobEnds, Interrupted):
            why = told.why or "SIGTERM"  # which the pool was told itself
        told.known = True
        store.write_atomically(folder / f"{job}.ended", why.encode())


@contextmanager
def signs_of_life(path: Path, every: float) -> Iterator[None]:
    """Touch a file every so many seconds, the first time now."""
    with suppress(OSError):  # the next time it may be possible
        path.touch()
    with kept_fresh(lambda: [path], lambda: every, Path.touch, "signs of life"):
        yield


def _run(
    cells: Sequence[Cell], settings: Settings, stamps: Mapping[str, store.Stamp | None], options: PoolOptions
) -> None:
    progress = TaskProgress(cells)
    with progress:
        try:
            run_pool(cells, settings, progress, stamps, options)
            if progress.crashed:
                time.sleep(SECOND_THOUGHT)
        except (JobEnds, Interrupted):
            progress.take_back(settings)
            raise


def _is_free(cell: Cell, settings: Settings) -> bool:
    """Whether nobody who is alive runs the cell; the pool will claim it for the time it takes, or say why it can't."""
    folder = cell.folder(settings.results_dir)
    with Claims(settings.results_dir, launcher="slurm") as claims:
        try:
            claims.drop_own_job(folder)
            return claims.take(folder, device="")
        except OSError:
            return True


class TaskProgress(Progress):
    """One line a cell in the task's log; and no crash where it was Slurm that ended the worker."""

    drops_changed = False
    """A cell that is left without a record would be taken for lost, and submitted again."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        super().__init__(cells)
        self.crashed: list[tuple[Cell, float]] = []
        """With the time, by the monotonic clock."""

    def advance(self, cell: Cell, status: Status, slot: Slot | None = None) -> None:
        """One more cell has ended."""
        super().advance(cell, status, slot)
        if status is Status.CRASHED:
            self.crashed.append((cell, time.monotonic()))

    def take_back(self, settings: Settings) -> None:
        """The job is being ended: remove the records of cells that crashed just now, for that was why."""
        for cell, when in self.crashed:
            if time.monotonic() - when < 2 * SECOND_THOUGHT:
                (cell.folder(settings.results_dir) / store.RECORD).unlink(missing_ok=True)
