"""What each tracker costs a training step, over 1,000 steps that each have a new loss to tell.

    python -m tests.perf.trackers [steps]

A step is a product of matrices that takes some milliseconds. Trackers keep runs in a temporary folder of this machine.
"""

import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from bench.cell import Cell
from bench.compose import to_cell
from bench.results.record import Status
from bench.running.observers import FIRST_PHASE, Observer
from bench.settings import Settings
from bench.tracking import channel
from bench.tracking.names import CALLED
from bench.tracking.tracker import Tracker, tracker
from tests.results.test_store import make_record
from tests.support.cli import composed

STEPS = 1_000
SIDE = 512
"""Of the square matrices whose product is a step."""


@dataclass(frozen=True)
class Cost:
    """What 1,000 steps took here, and what the tracker's processes did."""

    hook: float
    """Milliseconds a step, the mean."""
    worst: float
    """Milliseconds of one step."""
    step: float
    """Processor time of all threads of this process, milliseconds a step."""
    closing: float
    """Seconds until all was delivered, after the last step."""
    there: "Processes | None" = None


@dataclass(frozen=True)
class Processes:
    """The tracker's process with those that its library starts."""

    seconds: float
    """Processor time, from their beginning on."""
    megabytes: float

    @classmethod
    def of(cls, pid: int) -> "Processes":
        """As they are now."""
        parent = psutil.Process(pid)
        tree = [parent, *parent.children(recursive=True)]
        seconds = sum(sum(each.cpu_times()[:2]) for each in tree)
        return cls(seconds, sum(each.memory_info().rss for each in tree) / 1e6)


def steps(observer: Observer, cell: Cell, count: int) -> list[float]:
    """Milliseconds in the hook, of each step."""
    matrix = np.random.default_rng(0).standard_normal((SIDE, SIDE))
    hooks = []
    for step in range(1, count + 1):
        matrix = np.tanh(matrix @ matrix / SIDE)
        told = time.perf_counter()
        observer.on_step(cell, step, count, 1 / step)
        hooks.append(1000 * (time.perf_counter() - told))
    return hooks


def cost(name: str | None, cell: Cell, count: int) -> Cost:
    """Of a tracker, or of none."""
    with tempfile.TemporaryDirectory() as folder:
        observer = Observer() if name is None else tracker(name, Settings(results_dir=folder, name="perf"))
        observer.on_phase(cell, FIRST_PHASE)
        used = time.process_time()
        hooks = steps(observer, cell, count)
        used = 1000 * (time.process_time() - used) / count
        observer.on_record(cell, Path(folder), make_record(Status.OK))
        there, begun = None, time.perf_counter()
        if isinstance(observer, Tracker):
            assert observer._channel._process is not None
            there = Processes.of(observer._channel._process.pid)
        observer.close()
        return Cost(statistics.fmean(hooks), max(hooks), used, time.perf_counter() - begun, there)


def main() -> None:
    """Measure each, after none, and print one table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    channel.CLOSE_SECONDS = 120.0
    (content,) = composed("model=tfidf_sgd", "train_size=16")
    cell = to_cell(content)
    print(f"{count:,} steps; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| tracker | hook, ms a step | at most | processor, ms a step: without | with | closing, s | ", end="")
    print("its processes: processor, s | memory, MB |\n|---|---|---|---|---|---|---|---|")
    for name in CALLED:
        without, found = cost(None, cell, count), cost(name, cell, count)
        assert found.there is not None
        print(
            f"| {name} | {found.hook:.3f} | {found.worst:.1f} | {without.step:.2f} | {found.step:.2f} | "
            f"{found.closing:.1f} | {found.there.seconds:.1f} | {found.there.megabytes:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
