"""Makes cells fail in the program under test, which knows nothing of it: Python imports this at each start.

`FAULTS` names a JSON file: what befalls the cell of each seed, and how many times. Every cell that is begun leaves a
line in the file that `RUNS` names. See `tests/support/faulty.py`.
"""

import ctypes
import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path


def befall(kind, seconds):
    """Let it happen."""
    if kind == "raise":
        raise RuntimeError("made to fail")
    if kind == "memory":
        import torch

        raise torch.OutOfMemoryError("made to run out of memory")
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "segfault":
        ctypes.string_at(0)
    if kind == "exit":
        os._exit(3)
    if kind == "sys.exit":
        sys.exit(5)
    if kind == "hang":
        ctypes.PyDLL(None).sleep(1000)  # holds the interpreter: no thread of the process can do anything
    time.sleep(seconds)


def note(*words):
    """Add a line, in one write, so that those of several processes don't mix."""
    line = " ".join(map(str, words)) + "\n"
    with open(os.environ["RUNS"], "ab", buffering=0) as file:
        file.write(line.encode())


def times_before(folder, seed):
    """How often the fault has befallen this seed's cell, in whatever process."""
    count = 0
    while True:
        try:
            (folder / f"{seed}.{count}").touch(exist_ok=False)
            return count
        except FileExistsError:
            count += 1


def patch(run):
    """Put the faults before `bench.running.run.measure`."""
    real = run.measure
    plan_file = Path(os.environ["FAULTS"])

    def measure(cells, *arguments, **options):
        (cell,) = cells
        plan = json.loads(plan_file.read_text())
        fault = plan.get(str(cell.task.seed), plan.get("*"))
        note("start", cell.key, os.getpid(), "halved" if options.get("halvings") else "whole", time.monotonic())
        if fault is not None and times_before(plan_file.parent, cell.task.seed) < fault.get("times", 10**9):
            befall(fault["kind"], fault.get("seconds", 0))
        result = real(cells, *arguments, **options)
        note("end", cell.key, os.getpid(), "halved" if options.get("halvings") else "whole", time.monotonic())
        return result

    written = run.write

    def write(observer, cell, folder, record, **frames):
        kept = written(observer, cell, folder, record, **frames)
        fault = json.loads(plan_file.read_text()).get(str(record.configuration.seed), {})
        if fault.get("kind") == "kill at the end":
            os.kill(os.getpid(), signal.SIGKILL)
        return kept

    run.measure = measure
    run.write = write


class Hook(importlib.abc.MetaPathFinder):
    """Patches `bench.running.run` when the program imports it."""

    def find_spec(self, name, path, target=None):
        if name != "bench.running.run":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            patch(module)

        spec.loader.exec_module = exec_module
        return spec


if "FAULTS" in os.environ:
    sys.meta_path.insert(0, Hook())
