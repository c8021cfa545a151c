"""How much of the machine's memory this process may use. Imports nothing heavy."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.running import cgroups


@dataclass(frozen=True, slots=True)
class HostMemory:
    """Bytes."""

    total: int
    """That there are, or that a cgroup allows, if less."""
    available: int
    """Of those, what can be had without swapping."""
    bounded: bool
    """Whether a cgroup says so, and not the machine."""


def host_memory() -> HostMemory | None:
    """What this process may use; None where there is no `/proc/meminfo`."""
    try:
        lines = (cgroups.ROOT / "proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    known = {name: int(value.split()[0]) * 1024 for name, _, value in (line.partition(":") for line in lines)}
    found = HostMemory(known["MemTotal"], known["MemAvailable"], bounded=False)
    for bound, used in _bounds():
        if bound < found.total:
            found = HostMemory(bound, min(found.available, max(0, bound - used)), bounded=True)
    return found


def _bounds() -> Iterator[tuple[int, int]]:
    """What each cgroup around this process allows, and what is in use of it and cannot be dropped."""
    for folder in cgroups.folders("memory"):
        with suppress(OSError, ValueError):  # version 2: "max", or bytes
            yield _number(folder / "memory.max"), _used(folder, "memory.current", "inactive_file")
        with suppress(OSError, ValueError):  # version 1, a number beyond all memory for no bound
            bound = _number(folder / "memory.limit_in_bytes")
            yield bound, _used(folder, "memory.usage_in_bytes", "total_inactive_file")


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))


def _used(folder: Path, name: str, cached: str) -> int:
    """Pages of files that nobody has read for a while are given up when memory is wanted."""
    lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    return _number(folder / name) - next((int(line.split()[1]) for line in lines if line.startswith(f"{cached} ")), 0)
