"""Cores are counted by affinity and quota, the user's numbers hold, and threads sleep while they wait."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.running import cgroups, cores
from bench.running.devices import Gpu
from bench.settings import Settings
from bench.sweep import slots
from tests.support.cli import REPOSITORY


@pytest.fixture(autouse=True)
def big(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 64 cores, whose `proc` and `sys` are in a folder."""
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    for name in (*cores.THREADS, *cores.WAITING, "SLURM_CPUS_PER_TASK"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def put(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 64),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),  # docker --cpus=2
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "5000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, 64),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "nonsense\n"}, 64),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "300000 100000\n"}, 3),  # of the one around
        ({"proc/self/cgroup": "0::/on/the/host\n", "sys/fs/cgroup/cpu.max": "400000 100000\n"}, 4),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/docker/x\n1:name=systemd:/\n",
                "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "250000\n",
                "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000\n",
            },
            3,
        ),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/docker/x\n",  # in the container the mounted root is its own
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            2,
        ),
        (
            {
                "proc/self/cgroup": "4:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            64,
        ),
    ],
)
def test_cores(files: dict[str, str], expected: int, big: Path) -> None:
    put(big, files)
    assert cores.cores() == expected


def test_affinity_and_slurm(big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
    assert cores.cores() == 4
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5}, raising=False)
    assert cores.cores() == 2


def test_a_quota_bounds_threads(big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in cores.THREADS:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    cores.use_threads(None)
    assert "OMP_NUM_THREADS" not in os.environ, "the libraries choose"
    put(big, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"})
    cores.use_threads(None)
    assert [os.environ[name] for name in cores.THREADS] == ["2", "2", "2"]


def test_the_number_of_the_user_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    cores.use_threads(2)
    assert os.environ["OMP_NUM_THREADS"] == "5"


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE"), ({"GOMP_SPINCOUNT": "7"}, "None")],
)
@pytest.mark.parametrize("module", ["bench.__main__", "bench.sweep.worker", "bench.sweep.slurm.task", "bench.predict"])
def test_threads_sleep_unless_the_user_chose(module: str, given: dict[str, str], expected: str) -> None:
    program = f"import {module}, os, sys; print(os.environ.get('OMP_WAIT_POLICY'), 'torch' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name not in cores.WAITING} | given
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == [expected, "False"]


@pytest.mark.parametrize(("asked", "expected"), [("", 2), ("3", 3), ("4,2", 4), ("no", 2), ("0", 2)])
def test_threads_of_a_lone_cell(asked: str, expected: int, big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(big, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"})
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert cores.threads() == expected


@pytest.mark.parametrize(("gpus", "per_device", "threads"), [(1, 1, None), (4, 1, 16), (4, 2, 8), (8, 16, 1)])
def test_workers_on_gpus_share_the_cores(
    gpus: int, per_device: int, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        slots, "visible_gpus", lambda: [Gpu(f"GPU-{number}", "A100", 1 << 36) for number in range(gpus)]
    )
    found = slots.slots(slots.PoolOptions(per_device=per_device), Settings(device="cuda"))
    assert [slot.threads for slot in found] == [threads] * gpus * per_device
