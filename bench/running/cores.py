"""How many cores this process may use, and how computing threads wait for each other. Imports nothing heavy."""

import math
import os
from collections.abc import Iterator
from contextlib import suppress

from bench.running.cgroups import folders

WAITING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def wait_passively() -> None:
    """Let threads sleep at barriers, unless the user chose how they wait; before torch or scikit-learn is imported.

    They would spin, and beside other work a cell would take four times its processor time. On a quiet machine sleeping
    costs nothing.
    """
    if not any(name in os.environ for name in WAITING):
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def use_threads(count: int | None) -> None:
    """Let computations use `count` threads, unless the user chose a number; before torch is imported.

    None leaves it to the libraries, which know of affinity and nothing of a quota: where there is one, it holds.
    """
    if count is None and quota() is not None:
        count = cores()
    if count is not None and "OMP_NUM_THREADS" not in os.environ:
        for name in THREADS:
            os.environ.setdefault(name, str(count))


def threads() -> int:
    """Threads that a cell computes with which has this process's cores to itself."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(asked) if asked.isdigit() and int(asked) > 0 else cores()


def cores() -> int:
    """Cores that this process may use: those it may run on, or what its cgroups or its Slurm task allow, if less."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if (allowed := quota()) is not None:
        found = min(found, allowed)
    return max(1, found)


def quota() -> int | None:
    """Cores' worth of time that this process may use, rounded up; None where nothing bounds it.

    Bounds of enclosing cgroups count too (`docker --cpus=2` bounds one); so does `--cpus-per-task` of Slurm.
    """
    bounds = list(_cgroup_bounds())
    with suppress(ValueError):  # not a task of Slurm
        bounds.append(float(os.environ.get("SLURM_CPUS_PER_TASK", "")))
    return max(1, math.ceil(min(bounds))) if bounds else None


def _cgroup_bounds() -> Iterator[float]:
    for folder in folders("cpu"):
        with suppress(OSError, ValueError):  # version 2: "max 100000", or "200000 100000"
            allowed, period = (folder / "cpu.max").read_text(encoding="utf-8").split()
            if allowed != "max" and int(period) > 0:
                yield int(allowed) / int(period)
        with suppress(OSError, ValueError):  # version 1; -1 for no bound
            allowed = (folder / "cpu.cfs_quota_us").read_text(encoding="utf-8")
            period = (folder / "cpu.cfs_period_us").read_text(encoding="utf-8")
            if int(allowed) > 0 and int(period) > 0:
                yield int(allowed) / int(period)
