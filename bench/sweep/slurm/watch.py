"""Watching array tasks: records that appear, tasks that leave the queue, and the cells that they leave undone."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cell import Cell
from bench.escape.terminal import say
from bench.results import store
from bench.results.claims import Claims
from bench.results.record import Status
from bench.results.regular import FULL
from bench.running.observers import chosen, write_record
from bench.settings import Settings
from bench.sweep.progress import Progress
from bench.sweep.slots import Slot
from bench.sweep.slurm import queue
from bench.sweep.slurm.lost import Loss, begun, last_sign, loss, record
from bench.sweep.slurm.options import SlurmOptions
from bench.sweep.slurm.submission import Submission
from bench.wording import counted

SLOT = Slot("slurm")
"""Where cells of jobs ended, for the progress."""


@dataclass(slots=True)
class Task:
    """An array task that is followed."""

    submission: Submission
    index: int
    cells: dict[str, Cell]
    """By key; those that have ended are taken out."""
    gone: float | None = None
    """Since when (by the monotonic clock) it is out of the queue."""
    sign: int | None = None
    """When it last gave a sign of life, by the file system's clock."""
    silence: float = 0.0
    """Seconds that it was watched since."""
    cancelled: bool = False
    """Whether the sweep cancelled it for its silence."""

    @property
    def place(self) -> tuple[str, int]:
        """As the queue knows it."""
        return self.submission.name, self.index


class Watch:
    """The tasks that are followed, and how their cells end."""

    def __init__(
        self,
        folders: Mapping[str, Path],
        settings: Settings,
        options: SlurmOptions,
        *,
        progress: Progress,
        claims: Claims,
    ) -> None:
        self.folders, self.settings, self.options = folders, settings, options
        self.progress, self.claims = progress, claims
        self.observer = chosen(settings, warn=progress.warn)
        """Of the records that this process writes."""
        self.tasks: list[Task] = []
        self.again: list[Cell] = []
        """Cells to be submitted again, since the last look."""
        self.losses: Counter[str] = Counter()
        """How often a cell's job was lost, by key."""
        self.failures = 0
        self.told = ""

    def is_to_run(self, key: str, submission: Submission) -> bool:
        """Whether nobody has run the cell since it was submitted."""
        return store.stamp(self.folders[key]) == submission.stamps.get(key)

    def look(self) -> list[Cell]:
        """Take note of what has ended or was lost since the last look; return the cells to submit again."""
        try:
            alive = queue.queued(dict.fromkeys(task.submission.name for task in self.tasks))
        except queue.NoAnswer as error:  # nothing is known about the jobs; records are true all the same
            self.tell(f"slurm: no answer, the jobs may go on ({error})")
            alive = None
        for task in self.tasks:
            found = alive.get(task.place) if alive is not None else None
            if found is None or not found.waits:
                self._collect(task)
            if alive is not None:
                self._watch(task, in_queue=found is not None)
            if found is not None and found.state == "RUNNING":
                self._listen(task)
        if alive is not None:
            self._say_why_nothing_runs(alive)
        self.tasks = [task for task in self.tasks if task.cells]
        again, self.again = self.again, []
        return again

    def _collect(self, task: Task) -> None:
        """Take note of cells that have a new record."""
        for key, cell in list(task.cells.items()):
            status = store.status_since(self.folders[key], task.submission.stamps.get(key))
            if status is not None:
                self._end(task, cell, status)

    def _end(self, task: Task, cell: Cell, status: Status) -> None:
        """The cell has a record."""
        del task.cells[cell.key]
        self.progress.advance(cell, status, SLOT)
        self.count(status)

    def count(self, status: Status) -> None:
        """A cell ended so; with `max_failures` of them failed, nothing is started any more."""
        self.failures += status.failed
        most = self.settings.max_failures
        if most is not None and self.failures == most:
            self._stop()

    def _stop(self) -> None:
        """Start nothing any more; what is running goes on."""
        print(f"slurm: {counted(self.failures, 'cell')} failed (max_failures): waiting jobs are cancelled", flush=True)
        self.cancel({str(task.submission.job_id) for task in self.tasks}, waiting_only=True)

    def cancel(self, jobs: Iterable[str], *, waiting_only: bool = False) -> bool:
        """Cancel jobs, or only what of them has not started; False where Slurm did not answer."""
        try:
            queue.cancel(jobs, waiting_only=waiting_only)
        except queue.NoAnswer as error:
            self.tell(f"slurm: the jobs could not be cancelled: {error}")
            return False
        return True

    @property
    def stopped(self) -> bool:
        """Whether so many cells have failed that no further ones are started (`max_failures`)."""
        return self.settings.max_failures is not None and self.failures >= self.settings.max_failures

    def _watch(self, task: Task, *, in_queue: bool) -> None:
        """Settle what a task has left undone once it is out of the queue for good."""
        if in_queue:
            task.gone = None
            return
        if task.gone is None:
            task.gone = time.monotonic()
        if task.cells and time.monotonic() - task.gone >= self.options.grace_seconds:
            self._settle(task)

    def _listen(self, task: Task) -> None:
        """Cancel a task that Slurm takes to be running and that gives no sign of life any more."""
        sign = last_sign(task.submission, task.index, self.settings.results_dir)
        if sign != task.sign or sign is None:  # where there never was one, it is still starting
            task.sign, task.silence = sign, 0.0
            return
        # not by the clock: when the file system hangs, nobody can give a sign, and nobody is to be killed for it
        task.silence += self.options.poll_seconds
        if task.silence >= self.options.silence_seconds and not task.cancelled:
            task_id = task.submission.task_id(task.index)
            print(f"slurm: job {task_id} gives no sign of life and is cancelled", flush=True)
            task.cancelled = self.cancel([task_id])

    def _settle(self, task: Task) -> None:
        """Find out how the task ended, and decide about its cells."""
        cells = list(self._unclaimed(task))
        if not cells:
            return  # somebody else runs them; the records will come
        lost = loss(task.submission, task.index, self.settings.results_dir, silent=task.cancelled)
        had_begun = begun(task.submission, task.index, cells, self.settings)
        for cell in cells:
            folder = self.folders[cell.key]
            try:
                if self.is_to_run(cell.key, task.submission):  # else it ended just now
                    self._settle_cell(task, cell, lost, begun=cell in had_begun, any_begun=bool(had_begun))
            finally:
                self.claims.release(folder)

    def _unclaimed(self, task: Task) -> Iterator[Cell]:
        """The task's cells that nobody alive is running, claimed by this process now.

        That writes to the cell's folder, after which a network file system shows what is in it.
        """
        for cell in list(task.cells.values()):
            try:
                taken = self.claims.take(self.folders[cell.key], device="")
            except OSError as error:
                if error.errno in FULL:
                    raise
                del task.cells[cell.key]
                self.progress.unclaimed(cell, error)
                continue
            if taken:
                yield cell

    def _settle_cell(self, task: Task, cell: Cell, lost: Loss, *, begun: bool, any_begun: bool) -> None:
        """Submit the cell again, leave a record that says how it was lost, or drop it."""
        if not begun and (lost.kind == "cancelled" or self.stopped):
            del task.cells[cell.key]
            print(f"slurm: cancelled before it began: {cell.key}", flush=True)
            return
        # a cell that stood behind the one that ended the job has lost nothing
        self.losses[cell.key] += begun or not any_begun
        allowed = self.options.max_requeues
        if begun and lost.kind != "interrupted":
            allowed = self.settings.retry.crashed if lost.kind == "failed" else 0
        if self.losses[cell.key] <= allowed and not self.stopped:
            del task.cells[cell.key]
            self.again.append(cell)
            print(f"slurm: submitted again: {cell.key} ({lost.words})", flush=True)
            return
        device = "cuda" if self.options.gpus(self.settings) else "cpu"
        written = record(cell, lost, task.submission, device)
        write_record(self.observer, cell, self.folders[cell.key], written)
        self._end(task, cell, written.status)

    def _say_why_nothing_runs(self, alive: dict[tuple[str, int], queue.Queued]) -> None:
        if alive and all(found.waits for found in alive.values()):
            reasons = sorted({found.reason for found in alive.values()} - {"None"})
            if reasons:
                self.tell(f"slurm: {len(alive)} tasks wait in the queue ({', '.join(reasons)})")

    def tell(self, text: str) -> None:
        """Say something once."""
        if text != self.told:
            say(text)
        self.told = text
