"""Memory is what the machine has, or what a cgroup leaves of it."""

from pathlib import Path

import pytest

from bench.running import cgroups
from bench.running.host_memory import HostMemory, host_memory
from tests.test_cores import put

GB = 1024**3
MEMINFO = {"proc/meminfo": f"MemTotal: {64 * GB // 1024} kB\nMemFree: 1 kB\nMemAvailable: {40 * GB // 1024} kB\n"}
STAT = f"anon 1\ninactive_file {GB}\ntotal_inactive_file {2 * GB}\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, HostMemory(64 * GB, 40 * GB, bounded=False)),
        (
            {
                "proc/self/cgroup": "0::/box\n",
                "sys/fs/cgroup/box/memory.max": f"{8 * GB}\n",
                "sys/fs/cgroup/box/memory.current": f"{3 * GB}\n",
                "sys/fs/cgroup/box/memory.stat": STAT,
            },
            HostMemory(8 * GB, 6 * GB, bounded=True),  # a GB of files that nobody reads is given up
        ),
        (
            {
                "proc/self/cgroup": "0::/box\n",
                "sys/fs/cgroup/box/memory.max": "max\n",
                "sys/fs/cgroup/box/memory.current": f"{3 * GB}\n",
                "sys/fs/cgroup/box/memory.stat": STAT,
            },
            HostMemory(64 * GB, 40 * GB, bounded=False),
        ),
        (
            {
                "proc/self/cgroup": "9:memory:/docker/x\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{16 * GB}\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{10 * GB}\n",
                "sys/fs/cgroup/memory/memory.stat": STAT,
            },
            HostMemory(16 * GB, 8 * GB, bounded=True),
        ),
    ],
)
def test_what_there_is(files: dict[str, str], expected: HostMemory, root: Path) -> None:
    put(root, MEMINFO | files)
    assert host_memory() == expected


def test_a_system_without_such_a_file_does_not_say() -> None:
    assert host_memory() is None
