"""The worker processes of a pool, at most one a slot: at work, or at rest between cells."""

from collections.abc import Iterable
from multiprocessing.connection import Connection

from bench.sweep.handle import Handle
from bench.sweep.slots import Slot, WorkerOptions


class Workers:
    """Processes by slot, which begin when they are needed."""

    news: Connection | None = None
    """Where a subclass says that it has something to `hear`."""
    waits = False
    """Whether it will have more slots than are idle or busy now."""

    def __init__(self, options: WorkerOptions, idle: Iterable[Slot] = ()) -> None:
        self.options = options
        self.idle: list[Slot] = list(idle)
        """Slots that have no cell."""
        self.busy: dict[Connection, Handle] = {}
        self._resting: dict[Slot, Handle] = {}

    def of(self, slot: Slot) -> Handle:
        """The process that rests in an idle `slot`, or a new one."""
        worker = self._resting.get(slot)
        if worker is not None and not worker.is_alive:
            worker.stop()
            worker = None
        if worker is None:
            worker = self._resting[slot] = Handle(slot)
        return worker

    def take(self, worker: Handle) -> None:
        """Its slot is idle no more: it is about to be given cells."""
        self.idle.remove(worker.slot)
        del self._resting[worker.slot]

    def begin(self, worker: Handle) -> None:
        """It is at work."""
        self.busy[worker.connection] = worker

    def rest(self, worker: Handle) -> None:
        """It has no cell any more: its slot is idle, and it stays there, unless a cell failed or it has had enough."""
        del self.busy[worker.connection]
        self.idle.append(worker.slot)
        limit = 1 if self.options.isolate else self.options.cells_per_worker
        self._resting[worker.slot] = worker
        if worker.failed or (limit is not None and worker.cells_begun >= limit):
            self.retire(worker)

    def retire(self, worker: Handle) -> None:
        """End a process that has no cell; its slot is idle. It is `stuck` where it did not end."""
        worker.stop()
        self._resting.pop(worker.slot, None)
        if worker.slot not in self.idle:
            self.idle.append(worker.slot)

    def hear(self) -> str | None:
        """Take one of the `news`; why a slot is used no more, where it is that."""
        raise NotImplementedError

    def close(self, slot: Slot) -> bool:
        """Use an idle `slot` no more; whether there is another one."""
        self.idle.remove(slot)
        return bool(self.idle or self.busy)

    def end(self) -> None:
        """End all processes; those at work at once."""
        workers: Iterable[Handle] = (*self.busy.values(), *self._resting.values())
        for worker in workers:
            worker.connection.close()  # all begin to end before any is waited for
        for worker in workers:
            worker.stop()
