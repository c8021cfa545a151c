"""A sweep as jobs on a cluster: submitting what nobody runs yet, and following what is in the queue.

Slurm and the results folder hold all there is to know, so this process may die at any time: the next one finds the
same jobs in the queue and follows them.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from bench.cell import Cell
from bench.errors import UserError, said
from bench.results import store
from bench.results.claims import Claims
from bench.settings import Settings
from bench.sweep.progress import Progress
from bench.sweep.slurm import queue
from bench.sweep.slurm import submission as submissions
from bench.sweep.slurm.options import SlurmOptions
from bench.sweep.slurm.submission import Refused, Submission
from bench.sweep.slurm.watch import Task, Watch
from bench.sweep.stopped import Interrupted, Stopped
from bench.wording import counted

TIDY_SECONDS = 30.0
"""For jobs whose cells have all ended to be out of the queue, too."""


def run_slurm(
    cells: Sequence[Cell],
    settings: Settings,
    progress: Progress,
    stamps: Mapping[str, store.Stamp | None],
    options: SlurmOptions,
) -> None:
    """Run `cells` as jobs and return when each has ended, was lost for good or was cancelled before it began.

    `stamps` (by key) are of the records that were there when the cells were chosen.

    Raises UserError where Slurm does not answer or refuses the first jobs; Interrupted at Ctrl-C, which leaves the
    jobs in the queue (or cancels them: `cancel_on_interrupt`); Stopped where records can't be written or
    `max_failures` is reached.
    """
    with Claims(settings.results_dir, launcher="slurm") as claims:
        sweep = Sweep(cells, settings, options, progress=progress, stamps=stamps, claims=claims)
        try:
            sweep.follow()
        except KeyboardInterrupt:
            raise Interrupted(sweep.leave()) from None
        except OSError as error:
            raise Stopped(f"{settings.results_dir} cannot be written: {said(error)}; {sweep.leave()}") from error
        finally:
            sweep.watch.observer.close()
    if sweep.watch.stopped:
        raise Stopped(f"{counted(sweep.watch.failures, 'cell')} failed (max_failures={settings.max_failures})")


class Sweep:
    """The cells of a sweep that have not ended, and the tasks that will run them."""

    def __init__(
        self,
        cells: Sequence[Cell],
        settings: Settings,
        options: SlurmOptions,
        *,
        progress: Progress,
        stamps: Mapping[str, store.Stamp | None],
        claims: Claims,
    ) -> None:
        self.settings, self.options, self.progress, self.stamps = settings, options, progress, stamps
        self.folders = {cell.key: cell.folder(settings.results_dir) for cell in cells}
        self.watch = Watch(self.folders, settings, options, progress=progress, claims=claims)
        self.waiting = list(cells)
        """Cells that no task has."""
        self.submissions: dict[str, Submission] = {}
        """Those that have or had tasks which this sweep followed, by name."""
        self.places: set[tuple[str, int]] = set()
        """Where the queue has or had these tasks."""
        self.full_at = 0
        """How many tasks there were when Slurm refused one more; 0: it did not, or not lately."""

    def follow(self) -> None:
        """Until there is nothing left to wait for."""
        while self.waiting or self.watch.tasks:
            if self.waiting and (not self.full_at or len(self.watch.tasks) < self.full_at):
                self._submit()
            time.sleep(self.options.poll_seconds)
            self.waiting += self.watch.look()
            if self.watch.stopped:
                self.waiting.clear()
        self._clean_up()

    def _clean_up(self) -> None:
        """Remove what jobs left behind, once they are out of the queue; where that takes long, a later sweep will."""
        deadline = time.monotonic() + TIDY_SECONDS
        with suppress(queue.NoAnswer):
            while self._forget(self.submissions.values()).keys() & self.places and time.monotonic() < deadline:
                time.sleep(min(self.options.poll_seconds, 1.0))

    def leave(self) -> str:
        """What becomes of the jobs, now that nobody follows them."""
        jobs = sorted({str(task.submission.job_id) for task in self.watch.tasks}, key=int)
        if not jobs:
            return "no job is in the queue"
        if self.options.cancel_on_interrupt and self.watch.cancel(jobs):
            return f"jobs cancelled ({' '.join(jobs)})"
        return f"the jobs go on; the same command follows them again, scancel {' '.join(jobs)} ends them"

    def _submit(self) -> None:
        """Find tasks that have waiting cells already; submit the other cells."""
        results_dir = self.settings.results_dir
        with submissions.lock(results_dir):
            try:
                self._drop_ended()
                self._adopt()
                while self.waiting:
                    self._submit_array()
                self.full_at = 0
            except (Refused, queue.NoAnswer) as error:
                # a controller that answered before will do so again; what is refused to an empty queue stays refused
                if not (self.watch.tasks if isinstance(error, Refused) else self.places):
                    raise UserError(f"slurm: {error}") from error
                self.full_at = len(self.watch.tasks)
                self.watch.tell(f"slurm: not submitted yet, {counted(len(self.waiting), 'cell')}: {error}")

    def _drop_ended(self) -> None:
        """Waiting cells that another sweep has run since they were chosen do not wait any more."""
        for cell in list(self.waiting):
            status = store.status_since(self.folders[cell.key], self.stamps[cell.key])
            if status is not None:
                self.waiting.remove(cell)
                self.progress.advance(cell, status)
                self.watch.count(status)

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
                keys = [key for key in found.tasks[index] if key in waiting and self.watch.is_to_run(key, found)]
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

    def _follow(self, submission: Submission, index: int, cells: Sequence[Cell]) -> None:
        if submission.name not in self.submissions:
            self.submissions[submission.name] = submission
            print(f"slurm: follows job {submission.job_id} ({submission.name})", flush=True)
        self._add(submission, index, cells)

    def _add(self, submission: Submission, index: int, cells: Sequence[Cell]) -> None:
        task = Task(submission, index, {cell.key: cell for cell in cells})
        self.watch.tasks.append(task)
        self.places.add(task.place)

    def _submit_array(self) -> None:
        """One array, as big as Slurm lets it be. Raises Refused, NoAnswer."""
        size = self.options.cells_of_a_task(len(self.waiting))
        most = queue.max_array_size() * size
        cells = self.waiting[:most]
        groups = [cells[start : start + size] for start in range(0, len(cells), size)]
        # the limit on running tasks is one of an array: the next one waits for its end
        before = [task.submission.job_id for task in self.watch.tasks if task.gone is None]
        after = before[-1] if self.options.max_running and before else None
        submission = submissions.submit(groups, self.settings, self.options, self.stamps, after=after)
        self.waiting = self.waiting[most:]
        self.submissions[submission.name] = submission
        for index, group in enumerate(groups):
            self._add(submission, index, group)
        print(
            f"slurm: submitted {counted(len(cells), 'cell')} as job {submission.job_id} ({submission.name}), "
            f"{counted(len(groups), 'task')}",
            flush=True,
        )
