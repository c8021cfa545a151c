"""Processes that can be told apart after they ended: a number may be given again, a number with a start time is not."""

import functools
import os
import platform
from pathlib import Path


@functools.cache
def machine() -> str:
    """Where process numbers mean what they mean here: this host since its last start, this process namespace."""
    parts = [platform.node()]
    for path, read in (("/proc/sys/kernel/random/boot_id", _text), ("/proc/self/ns/pid", os.readlink)):
        try:
            parts.append(read(path).strip())
        except OSError:  # there only on Linux
            parts.append("")
    return "/".join(parts)


def _text(path: str) -> str:
    return Path(path).read_text(encoding="ascii")


def process(pid: int) -> str:
    """A name for the running process `pid` that no later process has. Raises ProcessLookupError where it is none."""
    started = _start_time(pid)
    if started is None:
        raise ProcessLookupError(f"no process {pid}")
    return f"{pid}@{started}"


def own_process() -> str:
    """The name of this process."""
    return process(os.getpid())


def is_alive(name: str) -> bool:
    """Whether the process of this `machine` that `name` means still runs. One that waits to be collected does not."""
    pid, _, started = name.partition("@")
    return _start_time(int(pid)) == started


def _start_time(pid: int) -> str | None:
    """In clock ticks since the machine's start, so moving the clock does not matter; None where it does not run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return _start_time_elsewhere(pid) if not Path("/proc/self/stat").exists() else None
    except ProcessLookupError:
        return None
    fields = stat.rpartition(")")[2].split()  # a name may hold spaces and parentheses
    return None if fields[0] in "ZX" else fields[19]


def _start_time_elsewhere(pid: int) -> str | None:
    """Without /proc: whether there is such a process is all that is known."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "?"
    return "?"
