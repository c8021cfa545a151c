"""Whole cells in several processes that share a device, as workers of a sweep do."""

import multiprocessing
import os
import time
from pathlib import Path
from threading import Barrier

from tests.gpu.cells import Row, context
from tests.perf.gpu.whole import run_cells

READY_SECONDS = 300.0
"""In which every process has its imports, its model and one cell behind it."""


def shared(row: Row, folder: Path, device: str, count: int, workers: int = 2) -> float:
    """Seconds that `count` cells take in `workers` processes, which share them out and are all warm before."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(workers + 1, timeout=READY_SECONDS)
    each = count // workers
    assert each * workers == count
    processes = [spawn.Process(target=_work, args=(row, folder, device, each, barrier)) for _ in range(workers)]
    for process in processes:
        process.start()
    barrier.wait()
    clock = time.perf_counter()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - clock
    if failed := [process.exitcode for process in processes if process.exitcode != 0]:
        raise RuntimeError(f"processes that share a device ended with {failed}")
    return seconds


def _work(row: Row, folder: Path, device: str, count: int, barrier: Barrier) -> None:
    """One cell, then those that are timed, one after the other."""
    try:
        where = context(folder.parent / f"cache-{os.getpid()}", device)
        run_cells(row, folder, where, 1, "single")
    except BaseException:
        barrier.abort()  # nobody waits for this one
        raise
    barrier.wait()
    run_cells(row, folder, where, count, "single")
