"""Where Linux says what this process's control groups (cgroups) bound. Imports nothing heavy."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")
"""Where `proc` and `sys` are; another folder in tests."""
ONLY_UNIFIED = "0"
"""The number of the hierarchy of cgroups v2."""


def folders(controller: str) -> Iterator[Path]:
    """The folders of this process's cgroups with `controller` (`cpu`, `memory`) and of those around them.

    Both versions are looked at, the innermost folder first.

    In a container the path in /proc may be the host's, and the mounted root is the container's own.
    """
    try:
        lines = (ROOT / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == ONLY_UNIFIED and not controllers:
            mounts = [ROOT / "sys/fs/cgroup", ROOT / "sys/fs/cgroup/unified"]
        elif controller in controllers.split(","):
            mounts = [ROOT / "sys/fs/cgroup" / name for name in (controller, "cpu,cpuacct", controllers)]
        else:
            continue
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for mount in dict.fromkeys(mounts):
            yield from (mount.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1))
