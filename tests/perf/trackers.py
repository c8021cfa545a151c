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
SIDE = 768
"""Of the square matrices whose product is a step."""


@dataclass(frozen=True)
class Cost:
    """Milliseconds a step, medians; seconds; megabytes."""

    hook: float
    worst: float
    step: float
    delivered: float
    memory: float | None


def steps(observer: Observer, cell: Cell, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds in the hook, and of the whole step with it, of each step."""
    matrix = np.random.default_rng(0).standard_normal((SIDE, SIDE))
    hooks, whole = [], []
    for step in range(1, count + 1):
        begun = time.perf_counter()
        matrix = np.tanh(matrix @ matrix / SIDE)
        told = time.perf_counter()
        observer.on_step(cell, step, count, 1 / step)
        now = time.perf_counter()
        hooks.append(1000 * (now - told))
        whole.append(1000 * (now - begun))
    return hooks, whole


def cost(name: str | None, cell: Cell, count: int) -> Cost:
    """Of a tracker, or of none."""
    with tempfile.TemporaryDirectory() as folder:
        observer = Observer() if name is None else tracker(name, Settings(results_dir=folder, name="perf"))
        observer.on_phase(cell, FIRST_PHASE)
        hooks, whole = steps(observer, cell, count)
        observer.on_record(cell, Path(folder), make_record(Status.OK))
        begun, memory = time.perf_counter(), None
        if isinstance(observer, Tracker):
            process = observer._channel._process
            memory = None if process is None else peak(process.pid)
        observer.close()
        return Cost(statistics.median(hooks), max(hooks), statistics.median(whole), time.perf_counter() - begun, memory)


def peak(pid: int) -> float | None:
    """Most resident memory of a process so far, in megabytes; None where this system does not say."""
    status = Path("/proc", str(pid), "status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1000


def main() -> None:
    """Measure each, after none, and print one table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    channel.CLOSE_SECONDS = 120.0
    (content,) = composed("model=tfidf_sgd", "train_size=16")
    cell = to_cell(content)
    print(f"{count:,} steps; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| tracker | hook, ms a step | at most | step without, ms | with | delivered after, s | its process, MB |")
    print("|---|---|---|---|---|---|---|")
    for name in CALLED:
        without, found = cost(None, cell, count), cost(name, cell, count)
        memory = "not known" if found.memory is None else f"{found.memory:.0f}"
        print(
            f"| {name} | {found.hook:.4f} | {found.worst:.2f} | {without.step:.2f} | {found.step:.2f} | "
            f"{found.delivered:.1f} | {memory} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
