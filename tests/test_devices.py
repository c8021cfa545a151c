"""Which GPUs a process would see, by a stand-in for NVIDIA's management library."""

import sys
import types

import pytest

from bench.devices import energy_counter, visible_gpus


@pytest.fixture(autouse=True)
def four_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = types.ModuleType("pynvml")
    nvml.NVMLError = RuntimeError
    nvml.nvmlInit = nvml.nvmlShutdown = lambda: None
    nvml.nvmlDeviceGetCount = lambda: 4
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index
    nvml.nvmlDeviceGetUUID = lambda index: f"GPU-{index}{index}{index}"
    nvml.nvmlDeviceGetName = lambda index: f"Chip {index}"
    nvml.nvmlDeviceGetMemoryInfo = lambda index: types.SimpleNamespace(total=1000 + index)
    nvml.nvmlDeviceGetHandleByUUID = lambda uuid: int(uuid[-1])
    nvml.nvmlDeviceGetTotalEnergyConsumption = lambda index: 1_500_000 + index
    monkeypatch.setitem(sys.modules, "pynvml", nvml)


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
