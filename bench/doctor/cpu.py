"""Cores and threads."""

import os
from collections.abc import Iterator

from bench.doctor.finding import Finding, note, ok
from bench.doctor.sweep import Sweep
from bench.running.cores import cores, quota, threads
from bench.wording import counted


def examine(sweep: Sweep) -> Iterator[Finding]:
    """Threads of a cell against the cores that this process may use, and what else runs on them."""
    workers = sweep.place.workers if sweep.place.is_here else 1
    there, usable = os.cpu_count() or 1, cores()
    asked = "OMP_NUM_THREADS" in os.environ
    used = workers * (threads() if asked or workers == 1 else max(1, usable // workers))
    bound = "no quota" if (allowed := quota()) is None else f"a quota of {allowed}"
    load = os.getloadavg()[0]
    text = f"{usable} of {counted(there, 'core')} ({bound}), {counted(used, 'thread')} for cells, load {load:.1f}"
    if used > usable:
        fix = f"OMP_NUM_THREADS={max(1, usable // workers)}{'' if workers <= usable else ', and fewer workers'}"
        yield note(text, f"more threads than cores wait for each other: {fix}")
    elif load > there:
        yield note(text, "other programs keep the cores busy: cells take longer, and their times say less")
    else:
        yield ok(text)
