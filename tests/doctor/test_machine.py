"""GPU, driver, cores, memory and disks: what is wrong is said, and whether it stops a sweep."""

import os
import sys
import types
from pathlib import Path

import pytest

from bench.doctor import disk, gpus, installed, sweep
from bench.running.torch_build import TorchBuild
from tests.test_cores import put

NOT_CUDA = "torch: Torch not compiled with CUDA enabled"
NEEDS_GPU = "gpt2_spam_last_block"
"""An experiment with device=cuda, without 4-bit weights and gated models."""


def test_nothing_is_wrong(doctor, tmp_path: Path) -> None:
    said = doctor("demo")
    assert said.problems == set()
    assert said.code == 0
    assert said.of("experiment") == [("ok", "demo: 54 cells, 0 done, 54 to run")]
    assert said.of("GPU") == [("ok", "0: Chip 0, 80.0 GB, 1.0 GB in use, compute capability 8.0")]
    assert said.of("torch") == [("ok", "2.13.0, for CUDA 12.9; driver 580.95.05 takes CUDA up to 12.8")]
    assert said.of("bf16") == [("ok", "Chip 0 has it")]
    assert said.of("4-bit") == [("ok", "a product of 4-bit weights is right on the GPU Chip 0")]
    assert list(tmp_path.iterdir()) == [], "it writes nothing"


def test_a_driver_and_a_torch_without_cuda(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "torch_build", lambda: TorchBuild("2.13.0+cpu", None))
    monkeypatch.setattr(sweep, "tried", lambda uuid, options: NOT_CUDA)
    said = doctor(NEEDS_GPU)
    assert said.code == 1
    ((state, text),) = said.of("torch")
    assert state == "problem"
    assert text.startswith("2.13.0+cpu, for the CPU alone; driver 580.95.05 takes CUDA up to 12.8 -> this torch is")
    assert said.of("GPU")[-1][1].startswith(f"Chip 0 can't be used: {NOT_CUDA} -> this torch is built for the CPU")
    assert said.of("4-bit") == [("note", "not tried on Chip 0, which torch can't use")]
    assert doctor(NEEDS_GPU, "device=cpu").problems & {"torch", "GPU"} == set(), "which needs no GPU"


def test_a_driver_that_is_too_old(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "torch_build", lambda: TorchBuild("2.13.0", (13, 0)))
    ((state, text),) = doctor("demo").of("torch")
    assert state == "problem"
    assert text.endswith("driver 580.95.05 takes CUDA up to 12.8 -> update the driver, or install a torch for an older "
                         "CUDA (https://pytorch.org)")  # fmt: skip


def test_no_torch(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "torch_build", lambda: None)
    assert "torch" in doctor("demo").problems


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise sys.modules["pynvml"].NVMLError("no driver")

    monkeypatch.setattr(sys.modules["pynvml"], "nvmlInit", refuse)


@pytest.mark.usefixtures("no_gpu")
def test_no_gpu(doctor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(gpus, "why_no_gpu", lambda: "it is in the drawer")
    said = doctor("demo")
    assert said.of("GPU") == [("note", "none is visible: it is in the drawer")]
    assert said.of("torch") == [("ok", "2.13.0, for CUDA 12.9; no NVIDIA driver here")]
    assert said.code == 0
    ((state, text),) = doctor(NEEDS_GPU).of("GPU")
    assert state == "problem"
    assert "a GPU is needed, but none is visible here" in text


def test_a_gpu_that_is_named_and_not_there(doctor) -> None:
    said = doctor("demo", "hydra.launcher.devices=7")
    assert said.problems == {"experiment"}, "what is said once is not said again"
    assert "there is no one GPU 7" in said.of("experiment")[-1][1]


def test_no_bf16(doctor, machine: types.ModuleType) -> None:
    machine.nvmlDeviceGetCudaComputeCapability = lambda _: (7, 5)
    said = doctor("demo")
    assert said.of("bf16")[0][0] == "note"
    assert said.of("bf16")[0][1].startswith("Chip 0 has none: cells take fp16")
    assert said.code == 0


def test_four_bit_products_stop_those_who_need_them(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "tried", lambda uuid, options: "bitsandbytes: no kernel")
    said = doctor("demo")
    assert said.of("4-bit")[0][0] == "note"
    assert "GPU" not in said.problems
    assert said.code == 0
    assert doctor("demo", "method=qlora").of("4-bit")[0][0] == "problem"


@pytest.mark.usefixtures("no_gpu")
def test_torch_that_breaks_off_on_the_cpu(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "tried", lambda uuid, options: "exit code -4")
    assert doctor("demo").of("4-bit")[0] == ("problem", "torch does not compute: exit code -4 -> install it again")


@pytest.mark.usefixtures("no_gpu")
def test_a_cgroup_of_one_core(doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    put(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 100000\n"})
    ((state, text),) = doctor("demo").of("CPU")
    assert (state, text) == ("ok", "1 of 64 cores (a quota of 1), 1 thread for cells, load 0.1")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    ((state, text),) = doctor("demo").of("CPU")
    assert (state, text) == (
        "note",
        "1 of 64 cores (a quota of 1), 8 threads for cells, load 0.1 -> more threads than cores wait for each other: "
        "OMP_NUM_THREADS=1",
    )
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert doctor("demo", "hydra.launcher.workers=2").of("CPU")[0][1].endswith("OMP_NUM_THREADS=1, and fewer workers")
    monkeypatch.setattr(os, "getloadavg", lambda: (70.0, 1.0, 1.0))
    assert "other programs keep the cores busy" in doctor("demo").of("CPU")[0][1]


@pytest.mark.usefixtures("no_gpu")
def test_memory_that_a_cgroup_leaves(doctor, tmp_path: Path) -> None:
    put(tmp_path, {
        "proc/meminfo": "MemTotal: 64000000 kB\nMemAvailable: 60000000 kB\n",
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": "1000000000\n",
        "sys/fs/cgroup/memory.current": "400000000\n",
        "sys/fs/cgroup/memory.stat": "inactive_file 0\n",
    })  # fmt: skip
    ((state, text),) = doctor("demo").of("memory")
    assert state == "note", text
    assert text.startswith("0.6 GB available of the 1.0 GB that a cgroup allows; minilm lora may need ")


def test_a_gpu_that_is_too_small(doctor, machine: types.ModuleType) -> None:
    machine.nvmlDeviceGetMemoryInfo = lambda _: types.SimpleNamespace(total=10**9, used=0)
    assert any("more than there is" in text for _, text in doctor("demo").of("memory"))


def room(free: float, files: int = 10**6) -> object:
    return lambda _: types.SimpleNamespace(f_bavail=int(free), f_frsize=1, f_favail=files, f_files=10**7)


def test_a_full_disk(doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk.os, "statvfs", room(0))
    said = doctor("demo")
    assert said.code == 1
    states = [state for state, _ in said.of("disk")]
    assert states == ["problem", "problem", "problem", "note"], "demo downloads nothing from the hub"
    assert said.of("disk")[0][1] == (
        f"results_dir={tmp_path / 'results'}: 0.0 GB free, and 0.1 GB at least are needed -> make room, or set "
        "results_dir"
    )


def test_no_room_for_weights_or_files(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk.os, "statvfs", room(1e9))
    states = [state for state, _ in doctor(NEEDS_GPU, "model=gpt2_xl").of("disk")]
    assert states == ["note", "note", "note", "problem"]
    monkeypatch.setattr(disk.os, "statvfs", room(1e12, files=0))
    assert "no inode is free" in doctor("demo").of("disk")[0][1]


def test_a_folder_that_cannot_be_written(doctor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = doctor("demo", f"reports_dir={tmp_path / 'file'}")
    assert said.problems == {"disk"}
    text = said.of("disk")[1][1]
    assert text.startswith(f"reports_dir={tmp_path / 'file'} cannot be written: ")
    assert text.endswith(" -> make room or give rights there, or set reports_dir to another folder")
