"""The actor of a slot, on its node: it hands jobs to a worker process of its own, and the process' answers on.

The worker is the pool's (`bench.sweep.worker`): a crash of a cell ends it and not the actor, which so can say how it
ended; what a cell prints goes to its log; and where the actor is ended, or its node, or the sweep, the worker ends with
it. Nothing heavy is imported here.
"""

import os
import platform
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.results.processes import machine, own_process
from bench.running.cores import cores
from bench.running.devices import visible_gpus
from bench.sweep.handle import Handle, WorkerDied
from bench.sweep.messages import Answer, Ended, Job, Split, Unwritten
from bench.sweep.slots import Slot


@dataclass(frozen=True, slots=True)
class Ready:
    """An agent whose worker can be given cells."""

    slot: Slot
    """As the worker has it: with its GPU, if it has one, and its share of cores and memory."""
    machine: str
    processes: tuple[str, ...]
    """Agent and worker, by the names that they have on their machine."""
    unfit: str | None = None
    """Why no cell can be run there."""


@dataclass(frozen=True, slots=True)
class Died:
    """The worker process ended while it ran a cell."""

    reason: str


class Agent:
    """One worker process on a node. Ray calls it in one thread, which lasts: the worker dies with it."""

    def __init__(
        self, slot: Slot, sharing: int, folder: str, probe: str, environment: Mapping[str, str | None]
    ) -> None:
        """`sharing` workers share a GPU, or the node's cores; `folder` is the sweep's, from which paths count.

        `environment` is what the sweep has of variables that Ray sets anew in its processes, `probe` a file that the
        sweep has written beside its results.
        """
        self._unfit = None if Path(folder).is_dir() else f"there is no folder {folder} on {platform.node()}"
        if self._unfit is None:
            os.chdir(folder)
            if not Path(probe).is_file():
                self._unfit = f"{platform.node()} does not see the sweep's results_dir={Path(probe).parent}"
        for name, value in environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the sweep's to hear
        # a worker would import Ray's main program, as spawned processes do theirs, and have no use for it
        vars(sys.modules["__main__"]).pop("__file__", None)
        self._slot = _whole(slot, sharing)
        if slot.gpu is not None and self._slot.gpu is None:
            self._unfit = self._unfit or f"no GPU is visible to a worker on {platform.node()}"
        self._worker = Handle(self._slot)

    def ready(self) -> Ready:
        """What the sweep has to know of it."""
        return Ready(self._slot, machine(), (own_process(), self._worker.name), self._unfit)

    def run(self, job: Job) -> Iterator[Answer | Died]:
        """Run the cells of a job, and give what the worker says meanwhile."""
        worker, left = self._worker, len(job.cells)
        try:
            worker.send(job.cells, job.settings, halvings=job.halvings, bar=job.bar)
            while left:
                answer = worker.receive()
                if isinstance(answer, Ended):
                    left -= 1
                elif isinstance(answer, Split | Unwritten):
                    left = 0
                yield answer
        except WorkerDied as death:
            yield Died(str(death))


def _whole(slot: Slot, sharing: int) -> Slot:
    """A slot with what only its node knows; Ray has left the GPU alone visible that the slot is on."""
    gpus = visible_gpus() if slot.gpu is not None else []
    threads = max(1, cores() // sharing) if sharing > 1 else None
    if not gpus:
        return Slot(slot.name, threads=threads, host=slot.host)
    memory = gpus[0].total_memory
    return Slot(
        slot.name,
        gpu=gpus[0].uuid,
        threads=threads,
        sharing=sharing,
        memory=None if memory is None else memory // sharing,
        host=slot.host,
    )
