"""Which GPUs a process would see, by a stand-in for NVIDIA's management library."""

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from bench.running import devices, no_gpu
from bench.running.devices import (
    driver_cuda,
    driver_version,
    energy_counter,
    mig_profile,
    power_limit,
    use_one_gpu,
    visible_gpus,
)  # fmt: skip
from bench.running.no_gpu import why_no_gpu
from bench.running.provenance import device_name
from bench.sweep.room import Room, fit
from bench.sweep.workforce import Workforce
from tests.support import cli
from tests.support.nvml import fake_nvml, not_supported


@pytest.fixture(autouse=True)
def four_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml())


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        (None, ["Chip 0", "Chip 1", "Chip 2", "Chip 3"]),
        ("2,0", ["Chip 2", "Chip 0"]),
        ("GPU-111", ["Chip 1"]),
        ("1, GPU-3", ["Chip 1", "Chip 3"]),
        ("", []),
        ("-1", []),
        ("0,7,1", ["Chip 0"]),  # as in CUDA, the list ends at the first entry that is no device
        ("2,2,0", ["Chip 2", "Chip 0"]),
    ],
)
def test_the_environment_chooses(setting: str | None, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    if setting is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", setting)
    assert [gpu.name for gpu in visible_gpus()] == names


def test_memory_and_uuid_are_the_devices_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    (gpu,) = visible_gpus()
    assert (gpu.uuid, gpu.total_memory) == ("GPU-333", 1003)


def test_no_driver_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise sys.modules["pynvml"].NVMLError("no driver")

    monkeypatch.setattr(sys.modules["pynvml"], "nvmlInit", refuse)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_gpus() == []


def but(number: int, refuse: object, function: object) -> object:
    """`function`, which fails as `refuse` for the GPU of this number."""
    return lambda index: refuse() if index == number else function(index)  # type: ignore[operator]


@pytest.mark.parametrize("function", ["nvmlDeviceGetHandleByIndex", "nvmlDeviceGetUUID", "nvmlDeviceGetName"])
def test_a_gpu_that_may_not_be_opened_is_left_out(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = sys.modules["pynvml"]
    monkeypatch.setattr(nvml, function, but(1, not_supported, getattr(nvml, function)))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [gpu.name for gpu in visible_gpus()] == ["Chip 0", "Chip 2", "Chip 3"]


def test_memory_that_is_the_machines_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["pynvml"], "nvmlDeviceGetMemoryInfo", not_supported)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert [gpu.total_memory for gpu in visible_gpus()] == [None, None]
    place = Workforce("cuda", tuple(visible_gpus()), 2, 1)
    assert place.described() == (
        "On 2 GPUs: 1 x Chip 0, memory shared with the machine; 1 x Chip 1, memory shared with the machine."
    )
    assert fit(Room(10**9, False), place) == "not known"


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second GPU is cut into two slices, at places 0 and 2 of three."""
    nvml = sys.modules["pynvml"]

    def slice_of(index: int, place: int) -> str:
        if place == 1:
            raise nvml.NVMLError("Not Found")
        return f"slice {place}"

    monkeypatch.setattr(nvml, "nvmlDeviceGetMigMode", lambda index: (int(index == 1), 0))
    monkeypatch.setattr(nvml, "nvmlDeviceGetMaxMigDeviceCount", lambda index: 3, raising=False)
    monkeypatch.setattr(nvml, "nvmlDeviceGetMigDeviceHandleByIndex", slice_of, raising=False)
    monkeypatch.setattr(nvml, "nvmlDeviceGetUUID", lambda handle: named(handle, "MIG-{}", "GPU-{0}{0}{0}"))
    monkeypatch.setattr(nvml, "nvmlDeviceGetName", lambda handle: named(handle, "Chip 1 MIG 1g.10gb", "Chip {}"))
    monkeypatch.setattr(
        nvml, "nvmlDeviceGetMemoryInfo", lambda handle: types.SimpleNamespace(total=10 if type(handle) is str else 80)
    )


def named(handle: int | str, of_slice: str, of_gpu: str) -> str:
    return of_slice.format(handle[-1]) if isinstance(handle, str) else of_gpu.format(handle)


@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize(
    ("setting", "found"),
    [
        (None, ["GPU-000", "MIG-0", "MIG-2", "GPU-222", "GPU-333"]),
        ("MIG-2", ["MIG-2"]),
        ("MIG-2,GPU-3", ["MIG-2", "GPU-333"]),
        ("GPU-111", []),  # the whole card is not to be had
    ],
)
def test_slices_of_a_gpu_are_gpus(setting: str | None, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", setting or "")
    if setting is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert [gpu.uuid for gpu in visible_gpus()] == found
    assert [gpu.total_memory for gpu in visible_gpus()] == [10 if uuid[0] == "M" else 80 for uuid in found]


@pytest.mark.usefixtures("slices")
def test_a_slice_says_what_part_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [mig_profile(gpu) for gpu in visible_gpus()] == [None, "1g.10gb", "1g.10gb", None, None]


def test_driver_and_power_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    (gpu,) = visible_gpus()
    assert (driver_version(), power_limit(gpu)) == ("580.95.05", 400.003)
    monkeypatch.setattr(sys.modules["pynvml"], "nvmlDeviceGetEnforcedPowerLimit", not_supported)
    assert power_limit(gpu) is None
    monkeypatch.setattr(sys.modules["pynvml"], "nvmlInit", not_supported)
    assert driver_version() is None


@pytest.mark.parametrize(
    ("torch", "before", "after"),
    [
        ("2.13.0+cpu", {}, {"PYTORCH_ALLOC_CONF": "expandable_segments:True"}),
        ("2.8.0", {}, {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}),
        ("2.13.0", {"PYTORCH_ALLOC_CONF": "backend:native"}, {"PYTORCH_ALLOC_CONF": "backend:native"}),
        ("2.13.0", {"PYTORCH_CUDA_ALLOC_CONF": ""}, {"PYTORCH_CUDA_ALLOC_CONF": ""}),
    ],
)
def test_blocks_of_memory_grow(
    torch: str, before: dict[str, str], after: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "version", lambda name: {"torch": torch}[name])
    monkeypatch.setattr(devices.os, "environ", dict(before))
    devices.use_expandable_segments()
    assert devices.os.environ == after


def test_energy_is_the_first_visible_devices_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    assert energy_counter() == 1500.003


def test_energy_that_is_not_counted_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(index: int) -> int:
        raise sys.modules["pynvml"].NVMLError("not supported")

    monkeypatch.setattr(sys.modules["pynvml"], "nvmlDeviceGetTotalEnergyConsumption", refuse)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert energy_counter() is None
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert energy_counter() is None


@pytest.mark.parametrize(
    ("setting", "there", "reason"),
    [
        ("MIG-7", [], "CUDA_VISIBLE_DEVICES=MIG-7 names no GPU"),
        (None, ["nvidia0"], "NVIDIA_DRIVER_CAPABILITIES=compute,utility"),
        (None, ["kfd"], "AMD GPUs are not supported"),
        ("", ["nvidia0"], None),  # somebody wants none
        ("-1", ["nvidia0"], None),
        (None, [], None),
    ],
)
def test_why_there_is_no_gpu(
    setting: str | None, there: list[str], reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(no_gpu, "DEVICES", tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", setting or "")
    if setting is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    for name in there:
        (tmp_path / name).touch()
    found = why_no_gpu()
    assert found == reason if reason is None else reason in (found or "")


def test_a_record_of_a_gpu_never_names_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    device_name.cache_clear()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert device_name("cuda") == "unknown GPU"
    device_name.cache_clear()


@pytest.mark.parametrize(
    ("setting", "one"), [(None, "GPU-000"), ("2,0", "GPU-222"), ("GPU-3,1", "GPU-333"), ("1", "GPU-111"), ("", "")]
)
def test_a_process_keeps_the_first_gpu_that_it_sees(
    setting: str | None, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "PYTORCH_ALLOC_CONF"):
        monkeypatch.setenv(name, setting or "")  # so that they are put back
    if setting is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    use_one_gpu()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == one
    assert len(visible_gpus()) == (one != "")


SINGLE = """\
import os, sys, types
nvml = types.ModuleType("pynvml")
nvml.NVMLError = RuntimeError
nvml.nvmlInit = nvml.nvmlShutdown = lambda: None
nvml.nvmlDeviceGetCount = lambda: 3
nvml.nvmlDeviceGetHandleByIndex = lambda index: index
nvml.nvmlDeviceGetUUID = lambda index: f"GPU-{index}"
nvml.nvmlDeviceGetName = lambda index: "Chip"
nvml.nvmlDeviceGetMemoryInfo = lambda index: types.SimpleNamespace(total=1)
nvml.nvmlDeviceGetMigMode = lambda index: (0, 0)
nvml.nvmlDeviceGetCudaComputeCapability = lambda index: (8, 0)
nvml.nvmlDeviceGetHandleByUUID = lambda uuid: int(uuid[-1])
nvml.nvmlDeviceGetTotalEnergyConsumption = lambda index: 1
sys.modules["pynvml"] = nvml

class Torch:
    def find_spec(self, name, *_):
        if name == "torch":
            print("SEEN", os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ.get("PYTORCH_ALLOC_CONF"))
            os._exit(9)

sys.meta_path.insert(0, Torch())
"""
"""Three GPUs, and a torch that says what it sees when it is imported first."""


@pytest.mark.parametrize(("device", "seen"), [("auto", "GPU-2"), ("cuda", "GPU-2"), ("cpu", "2,0")])
def test_a_single_cell_sees_one_gpu_before_torch_is_imported(
    device: str, seen: str, mirror: Path, tmp_path: Path
) -> None:
    words = ("model=bert_base", "method=lora", "data=sms_spam", "train_size=32", f"mirror_dir={mirror}")
    command = [*words, f"device={device}", f"results_dir={tmp_path}/results", f"cache_dir={tmp_path}/cache"]
    program = SINGLE + f"sys.argv = ['bench', *{command!r}]\nfrom bench.__main__ import main\nsys.exit(main())"
    grows = None if device == "cpu" else "expandable_segments:True"
    assert _seen(program, tmp_path) == f"SEEN {seen} {grows}"


def _seen(program: str, folder: Path) -> str:
    """The last line that a program prints which sees GPUs 2 and 0 of `SINGLE`."""
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=cli.REPOSITORY, capture_output=True, text=True, timeout=120,
        env=cli.environment(folder, {"CUDA_VISIBLE_DEVICES": "2,0"}),
    )  # fmt: skip
    assert ended.returncode == 9, ended.stderr
    return ended.stdout.splitlines()[-1]


def test_the_newest_cuda_of_the_driver() -> None:
    assert driver_cuda() == (12, 8)
