"""Following the jobs of a sweep: submitting what is missing, noticing what ended and what was lost.

Slurm and the results folder hold all there is to know, so this process may die at any time: the next one finds the
same jobs in the queue and follows them.
"""

import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bench.cell import Cell
from bench.config import Settings
from bench.errors import UserError
from bench.results import store
from bench.results.claims import Claims
from bench.results.record import Status
from bench.sweep.progress import Progress
from bench.sweep.slurm import queue
from bench.sweep.slurm import submission as submissions
from bench.sweep.slurm.lost import Loss, begun, last_sign, loss, record
from bench.sweep.slurm.submission import Refused, Submission, stamp

TIDY_SECONDS = 30.0
"""For jobs whose cells have all ended to be out of the queue, too."""


def run_slurm(cells: Sequence[Cell], settings: Settings, progress: Progress) -> None:
    """Run `cells` as jobs and return when each has ended, was lost for good or was cancelled before it began.

    Ctrl-C leaves the jobs in the queue (or cancels them: `slurm.cancel_on_interrupt`) and exits with 130.
    Raises UserError where Slurm does not answer or refuses the first jobs.
    """
    with Claims(settings.results_dir, launcher="slurm") as claims:
        sweep = Sweep(cells, settings, progress, claims)
        try:
            sweep.follow()
        except KeyboardInterrupt:
            sweep.leave()
            sys.exit(130)


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


class Sweep:
    """The cells of a sweep that have not ended, and the tasks that will run them."""

    def __init__(self, cells: Sequence[Cell], settings: Settings, progress: Progress, claims: Claims) -> None:
        self.settings, self.slurm, self.progress, self.claims = settings, settings.slurm, progress, claims
        self.folders = {cell.key: cell.folder(settings.results_dir) for cell in cells}
        self.waiting = list(cells)
        """Cells that no task has."""
        self.tasks: list[Task] = []
        self.places: set[tuple[str, int]] = set()
        """Where the queue has or had tasks that this sweep followed."""
        self.submissions: dict[str, Submission] = {}
        self.losses: Counter[str] = Counter()
        """How often a cell's job was lost, by key."""
        self.failures = 0
        self.full = False
        """Whether Slurm refused the last array."""
        self.told = ""

    def follow(self) -> None:
        """Until there is nothing left to wait for."""
        while self.waiting or self.tasks:
            if self.waiting and not self.full:
                self._submit()
            time.sleep(self.slurm.poll_seconds)
            self._look()
            if self._stopped:
                self.waiting.clear()
        self._clean_up()

    def _clean_up(self) -> None:
        """Remove what jobs left behind, once they are out of the queue; where that takes long, a later sweep will."""
        deadline = time.monotonic() + TIDY_SECONDS
        with suppress(queue.NoAnswer):
            while self._forget(self.submissions.values()).keys() & self.places and time.monotonic() < deadline:
                time.sleep(min(self.slurm.poll_seconds, 1.0))

    def leave(self) -> None:
        """Say what becomes of the jobs, now that nobody follows them."""
        jobs = sorted({str(task.submission.job_id) for task in self.tasks})
        if not jobs:
            print("interrupted: nothing is in the queue", file=sys.stderr)
        elif self.slurm.cancel_on_interrupt and self._cancel(jobs):
            print(f"interrupted: jobs cancelled ({' '.join(jobs)})", file=sys.stderr)
        else:
            print(
                f"interrupted: the jobs go on. The same command follows them again; scancel {' '.join(jobs)} ends them",
                file=sys.stderr,
            )

    def _submit(self) -> None:
        """Find tasks that have waiting cells already; submit the other cells."""
        results_dir = self.settings.results_dir
        with submissions.lock(results_dir):
            try:
                self._adopt()
                while self.waiting:
                    self._submit_array()
            except (Refused, queue.NoAnswer) as error:
                # a controller that answered before will do so again; what is refused to an empty queue stays refused
                if not (self.tasks if isinstance(error, Refused) else self.places):
                    raise UserError(f"slurm: {error}") from error
                self.full = bool(self.tasks)  # until one of them has ended
                self._tell(f"slurm: {len(self.waiting)} cells are not submitted yet: {error}")

    def _adopt(self) -> None:
        """Follow the tasks in the queue that have waiting cells; forget submissions that have none in it."""
        results_dir = self.settings.results_dir
        known = [s for s in submissions.load(results_dir) if s.name not in self.submissions]
        alive = self._forget(known)
        waiting = {cell.key: cell for cell in self.waiting}
        for found in known:
            places = [place for place in alive if place[0] == found.name]
            if not places:
                continue
            # where there is no number, whoever submitted it died before Slurm had answered
            numbered = submissions.with_job_id(found, alive[places[0]].job_id, results_dir)
            for _, index in places:
                keys = [key for key in found.tasks[index] if key in waiting and self._is_to_run(key, found)]
                if keys:
                    self._follow(numbered, index, [waiting.pop(key) for key in keys])
        self.waiting = list(waiting.values())

    def _forget(self, known: Collection[Submission]) -> dict[tuple[str, int], queue.Queued]:
        """Forget submissions that have no task in the queue; return the tasks of the others. Raises NoAnswer."""
        alive = queue.queued(submission.name for submission in known)
        for submission in known:
            if not any(name == submission.name for name, _ in alive):
                ok = submissions.all_ok(submission, self.folders)
                submissions.forget(submission, self.settings.results_dir, keep_logs=not ok)
        return alive

    def _is_to_run(self, key: str, submission: Submission) -> bool:
        """Whether the submission's task has not run the cell yet."""
        return stamp(self.folders[key]) == submission.stamps[key]

    def _follow(self, submission: Submission, index: int, cells: Sequence[Cell]) -> None:
        if submission.name not in self.submissions:
            self.submissions[submission.name] = submission
            print(f"slurm: follows job {submission.job_id} ({submission.name})", flush=True)
        self._add(submission, index, cells)

    def _add(self, submission: Submission, index: int, cells: Sequence[Cell]) -> None:
        task = Task(submission, index, {cell.key: cell for cell in cells})
        self.tasks.append(task)
        self.places.add(task.place)

    def _submit_array(self) -> None:
        """One array, as big as Slurm lets it be. Raises Refused, NoAnswer."""
        size = self.slurm.cells_per_job
        most = queue.max_array_size() * size
        cells = self.waiting[:most]
        groups = [cells[start : start + size] for start in range(0, len(cells), size)]
        # the limit on running tasks is one of an array: the next one waits for its end
        before = [task.submission.job_id for task in self.tasks if task.gone is None]
        after = before[-1] if self.slurm.max_running and before else None
        submission = submissions.submit(groups, self.settings, after)
        self.waiting = self.waiting[most:]
        self.submissions[submission.name] = submission
        for index, group in enumerate(groups):
            self._add(submission, index, group)
        print(
            f"slurm: submitted {len(cells)} cells as job {submission.job_id} ({submission.name}), {len(groups)} tasks",
            flush=True,
        )

    def _look(self) -> None:
        """What has ended since the last look, and what was lost."""
        try:
            alive = queue.queued(dict.fromkeys(task.submission.name for task in self.tasks))
        except queue.NoAnswer as error:  # nothing is known about the jobs; records are true all the same
            self._tell(f"slurm: no answer, the jobs may go on ({error})")
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
        before = len(self.tasks)
        self.tasks = [task for task in self.tasks if task.cells]
        self.full = self.full and len(self.tasks) == before

    def _collect(self, task: Task) -> None:
        """Take note of cells that have a new record."""
        for key, cell in list(task.cells.items()):
            if self._is_to_run(key, task.submission):
                continue
            status = store.status(self.folders[key])
            if status is not None:
                self._end(task, cell, status)

    def _end(self, task: Task, cell: Cell, status: Status) -> None:
        del task.cells[cell.key]
        self.progress.advance(cell, status)
        self.failures += status not in (Status.OK, Status.SKIPPED)
        most = self.settings.max_failures
        if most is not None and self.failures == most:
            self._stop()

    def _stop(self) -> None:
        """Start nothing any more; what is running goes on."""
        print(f"slurm: {self.failures} cells failed (max_failures): waiting jobs are cancelled", flush=True)
        self._cancel({str(task.submission.job_id) for task in self.tasks}, waiting_only=True)

    def _cancel(self, jobs: Iterable[str], *, waiting_only: bool = False) -> bool:
        try:
            queue.cancel(jobs, waiting_only=waiting_only)
        except queue.NoAnswer as error:
            self._tell(f"slurm: the jobs could not be cancelled: {error}")
            return False
        return True

    @property
    def _stopped(self) -> bool:
        return self.settings.max_failures is not None and self.failures >= self.settings.max_failures

    def _watch(self, task: Task, *, in_queue: bool) -> None:
        """Settle what a task has left undone once it is out of the queue for good."""
        if in_queue:
            task.gone = None
            return
        if task.gone is None:
            task.gone = time.monotonic()
        if task.cells and time.monotonic() - task.gone >= self.slurm.grace_seconds:
            self._settle(task)

    def _listen(self, task: Task) -> None:
        """Cancel a task that Slurm takes to be running and that gives no sign of life any more."""
        sign = last_sign(task.submission, task.index, self.settings.results_dir)
        if sign != task.sign or sign is None:  # where there never was one, it is still starting
            task.sign, task.silence = sign, 0.0
            return
        # not by the clock: when the file system hangs, nobody can give a sign, and nobody is to be killed for it
        task.silence += self.slurm.poll_seconds
        if task.silence >= self.slurm.silence_seconds and not task.cancelled:
            task_id = task.submission.task_id(task.index)
            print(f"slurm: job {task_id} gives no sign of life and is cancelled", flush=True)
            task.cancelled = self._cancel([task_id])

    def _settle(self, task: Task) -> None:
        cells = list(self._unclaimed(task))
        if not cells:
            return  # somebody else runs them; the records will come
        lost = loss(task.submission, task.index, self.settings.results_dir, silent=task.cancelled)
        had_begun = begun(task.submission, task.index, cells, self.settings)
        for cell in cells:
            folder = self.folders[cell.key]
            try:
                if self._is_to_run(cell.key, task.submission):  # else it ended just now
                    self._settle_cell(task, cell, lost, begun=cell in had_begun, any_begun=bool(had_begun))
            finally:
                self.claims.release(folder)

    def _unclaimed(self, task: Task) -> Iterator[Cell]:
        """The task's cells that nobody alive is running, claimed by this process now.

        That writes to the cell's folder, after which a network file system shows what is in it.
        """
        for cell in task.cells.values():
            if self.claims.take(self.folders[cell.key], device=""):
                yield cell

    def _settle_cell(self, task: Task, cell: Cell, lost: Loss, *, begun: bool, any_begun: bool) -> None:
        """Submit the cell again, leave a record that says how it was lost, or drop it."""
        if not begun and (lost.kind == "cancelled" or self._stopped):
            del task.cells[cell.key]
            print(f"slurm: cancelled before it began: {cell.key}", flush=True)
            return
        # a cell that stood behind the one that ended the job has lost nothing
        self.losses[cell.key] += begun or not any_begun
        allowed = self.slurm.max_requeues
        if begun and lost.kind != "interrupted":
            allowed = self.settings.retry.crashed if lost.kind == "failed" else 0
        if self.losses[cell.key] <= allowed and not self._stopped:
            del task.cells[cell.key]
            self.waiting.append(cell)
            print(f"slurm: submitted again: {cell.key} ({lost.words})", flush=True)
            return
        written = record(cell, lost, task.submission, self.settings)
        store.write(self.folders[cell.key], written)
        self._end(task, cell, written.status)

    def _say_why_nothing_runs(self, alive: dict[tuple[str, int], queue.Queued]) -> None:
        if alive and all(found.waits for found in alive.values()):
            reasons = sorted({found.reason for found in alive.values()} - {"None"})
            if reasons:
                self._tell(f"slurm: {len(alive)} tasks wait in the queue ({', '.join(reasons)})")

    def _tell(self, text: str) -> None:
        """Say something once."""
        if text != self.told:
            print(text, flush=True)
        self.told = text
