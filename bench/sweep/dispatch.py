"""Gives cells to workers, hears what these say, and decides what becomes of each cell."""

import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection, wait
from socket import socket

from bench.cell import Cell
from bench.errors import said
from bench.results import store
from bench.results.claims import Claims
from bench.results.record import Status
from bench.results.regular import NO_WRITING
from bench.running.observers import chosen, write_record
from bench.settings import Settings
from bench.sweep.bars import Bars, no_bar
from bench.sweep.handle import Handle, WorkerDied
from bench.sweep.health import Health
from bench.sweep.interrupt import Interrupts
from bench.sweep.messages import Ended, Phase, Split, Step, Unwritten, Warned
from bench.sweep.progress import Progress
from bench.sweep.retries import Retries
from bench.sweep.slots import Slot
from bench.sweep.waiting import Waiting
from bench.sweep.workers import Workers

LOOK_AGAIN_SECONDS = 2.0
"""How often cells that other sweeps run are looked at, while a worker has nothing else to do."""


class Dispatch:
    """The workers, the cells that wait for them, and what is known of failures."""

    def __init__(
        self,
        cells: Sequence[Cell],
        settings: Settings,
        workers: Workers,
        *,
        progress: Progress,
        stamps: Mapping[str, store.Stamp | None],
        claims: Claims,
        interrupts: Interrupts,
        bars: Bars = no_bar,
    ) -> None:
        self.settings, self.progress, self.interrupts, self.bars = settings, progress, interrupts, bars
        self.waiting = Waiting(
            cells, settings, progress=progress, stamps=stamps, claims=claims, together=not workers.options.isolate
        )
        self.queue = self.waiting.queue
        self.workers = workers
        self.observer = chosen(settings, warn=progress.warn)
        """Of the records that this process writes."""
        self.health, self.retries = Health(), Retries(settings)
        self.stopped: str | None = None
        self.changed: str | None = None
        """What to say of cells that were not begun because what they read was changed."""

    def end(self) -> None:
        """End all workers; those at work at once."""
        self.workers.end()
        self.observer.close()

    def run(self) -> None:
        """Until nothing runs and nothing waits, or somebody said stop."""
        while True:
            if self.stopped is not None or self.interrupts.finishing:
                self.queue.clear()
            if self.interrupts.now:
                return
            self._fill()
            if not self.workers.busy and not self.queue:
                return
            self._wait()

    def _fill(self) -> None:
        """Give every idle slot a cell, as long as there are cells that nobody else runs."""
        while self.workers.idle and self.queue:
            worker = self.workers.of(self.workers.idle[0])
            try:
                cells = self.waiting.claim(worker, self.workers.busy.values(), len(self.workers.idle))
            except OSError as error:
                self.stopped = self.stopped or f"a cell cannot be claimed: {said(error)}"
                self.queue.clear()
                return
            if not cells:
                return
            self.workers.take(worker)
            for each in cells:
                self.queue.remove(each)
            halvings = self.waiting.batches.halvings(cells[0], worker.slot)
            if (notice := self.waiting.batches.notice(cells[0], halvings)) is not None:
                self.progress.smaller(cells[0], notice)
            try:
                bar = self.bars(cells[0]) if len(cells) == 1 else None
                worker.send(cells, self.settings, halvings=halvings, bar=bar)
            except WorkerDied as death:
                self._replace(worker, death)
                continue
            self.workers.begin(worker)
            self.progress.start(worker.slot, cells[0], others=len(cells) - 1)

    def _replace(self, worker: Handle, death: WorkerDied) -> None:
        """A process died while it rested: that has cost nothing. If it was new, its cells count as tried."""
        if worker.jobs_begun == 1:
            self.workers.begin(worker)
            self._end(worker, Status.CRASHED, str(death))
            return
        for cell in worker.cells:
            self.waiting.release(cell)
            self.queue.put(cell)
        worker.cells.clear()
        self.workers.retire(worker)
        self._close_stuck(worker)

    def _wait(self) -> None:
        """Until a worker says something, a signal comes, or it is time to look at the clock."""
        news = [] if self.workers.news is None else [self.workers.news]
        watched: list[Connection | socket] = [*self.workers.busy, *news, self.interrupts.wakeup]
        for ready in wait(watched, timeout=self._patience()):
            if ready in news:
                self._hear_news()
            elif isinstance(ready, Connection):
                self._hear(self.workers.busy[ready])
            else:
                self.interrupts.drain()
                running = sum(len(worker.cells) for worker in self.workers.busy.values())
                self.progress.interrupted(self.interrupts, running)
        for worker in list(self.workers.busy.values()):
            if worker.overdue(self.settings.timeout_minutes):
                self._end(
                    worker, Status.TIMEOUT, f"it took longer than timeout_minutes={self.settings.timeout_minutes:g}"
                )

    def _hear_news(self) -> None:
        """More workers can be used, or fewer; without any the sweep stops."""
        if (why := self.workers.hear()) is None:
            return
        self.progress.warn(why, why)
        if not (self.workers.idle or self.workers.busy or self.workers.waits):
            self.stopped = self.stopped or f"no worker is left: {why}"

    def _patience(self) -> float | None:
        """Seconds until something has to be looked at without being told."""
        waits = [LOOK_AGAIN_SECONDS] if self.queue and self.workers.idle else []
        if self.settings.timeout_minutes is not None:
            ends = [worker.deadline(self.settings.timeout_minutes) for worker in self.workers.busy.values()]
            waits += [max(0.0, end - time.monotonic()) + 0.01 for end in ends]
        return min(waits, default=None)

    def _hear(self, worker: Handle) -> None:
        """Take what a worker says."""
        try:
            message = worker.receive()
        except WorkerDied as death:
            self._end(worker, Status.CRASHED, str(death))
            return
        if isinstance(message, Step):
            self.progress.on_step(worker.cells[0], message.step, message.max_steps, message.loss)
        elif isinstance(message, Phase):
            self.progress.on_phase(worker.cells[0], message.what)
        elif isinstance(message, Warned):
            self.progress.warn(message.about, message.text)
        elif isinstance(message, Ended):
            cell = worker.cells[0]
            self._collect(worker, Status(message.status))
            changed = message.changed if self.progress.drops_changed else None
            # each that reads the same would fail as this one did
            if changed is not None and (dropped := self.waiting.drop_readers(cell, changed)):
                self.changed = f"{message.reason} ({dropped} cells that read it were not begun)"
        elif isinstance(message, Split):
            self._split(worker, message)
        else:
            assert isinstance(message, Unwritten)
            self._give_up(worker, message.reason, everywhere=message.everywhere)

    def _end(self, worker: Handle, status: Status, why: str) -> None:
        """Leave a record in the place of a worker that can't, and end what is left of it."""
        from bench.running.recording import failed

        worker.kill()
        if worker.is_fused:
            self._split(worker, Split(why))
            return
        (cell,), started = worker.cells, worker.started
        if (own := self.waiting.new_status(cell)) is not None:  # it came to write its record, and not to say so
            self._collect(worker, own, keep=False)
            return
        device, folder = "cpu" if worker.slot.gpu is None else "cuda", self.waiting.folder(cell)
        try:
            write_record(self.observer, cell, folder, failed(cell, status, WorkerDied(why), started, device))
        except (OSError, ValueError) as error:
            everywhere = isinstance(error, OSError) and error.errno in NO_WRITING
            self._give_up(worker, f"{folder} cannot be written: {said(error)}", everywhere=everywhere)
            return
        self._collect(worker, status)

    def _split(self, worker: Handle, told: Split) -> None:
        """A stack failed, or was not begun: its cells without a record wait again, to go in smaller ones."""
        for cell in list(worker.cells):
            if (status := self.waiting.new_status(cell)) is not None:
                self._collect(worker, status, keep=False)
                continue
            size = told.most or self.waiting.sizes.failed(cell, worker.size)
            if told.most is not None:
                self.waiting.sizes.did_not_fit(cell, worker.slot, size)
            self._free(worker, keep=not told.begun)
            self.queue.put(cell)
            if told.begun:
                self.progress.split(worker.slot, cell, told.reason, size)
            else:
                self.progress.put_back(worker.slot)

    def _collect(self, worker: Handle, status: Status, *, keep: bool = True) -> None:
        """A cell ended with a record: count it, try it again, or go on; `keep` its process if it is sound."""
        cell, halvings = worker.cells[0], worker.halvings
        self._free(worker, keep=keep and status.process_is_sound)
        broken = None if worker.stuck else self.health.broken(worker.slot, cell, status)
        if broken is not None:
            self._close(worker.slot, broken)
        self.waiting.batches.ended(cell, worker.slot, status, halvings)
        goes_on = self.stopped is None and not self.interrupts.finishing
        if goes_on and broken is not None:
            self.waiting.put_back(cell)
            return
        if goes_on and self.retries.again(cell, status, halvings=halvings):
            # one whose batch did not fit shows the others of its row which does
            self.waiting.put_back(cell, first=status is Status.OOM)
            self.progress.again(worker.slot, cell, status)
            return
        self.progress.advance(cell, status, worker.slot)
        self.stopped = self.retries.too_many(status) or self.stopped

    def _close(self, slot: Slot, reason: str) -> None:
        """Use a slot no more whose GPU, or driver, is broken; without another one the sweep stops."""
        if self.workers.close(slot):
            self.progress.warn(slot.name, f"{slot.name} is used no more: {reason}")
        else:
            self.stopped = self.stopped or f"{slot.name} can't be used any more, and there is no other: {reason}"

    def _free(self, worker: Handle, *, keep: bool) -> None:
        """A cell of the worker ended, the first of those that have not. With the last one its slot is free again.

        The process stays for the next cell where nothing went wrong.
        """
        self.waiting.release(worker.cells.pop(0))
        worker.failed = worker.failed or not keep
        if not worker.cells:
            self.workers.rest(worker)
            self._close_stuck(worker)

    def _close_stuck(self, worker: Handle) -> None:
        if worker.stuck:
            self._close(worker.slot, "a process that was ended there does not go")

    def _give_up(self, worker: Handle, reason: str, *, everywhere: bool) -> None:
        """Cells are left without records; where none can be written, what runs may finish, and nothing is started."""
        if everywhere:
            self.stopped = self.stopped or reason
        for cell in list(worker.cells):
            self.progress.lost(worker.slot, cell, reason)
            self._free(worker, keep=False)
