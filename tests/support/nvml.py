"""A stand-in for NVIDIA's management library: four GPUs and a driver."""

import sys
import types


def not_supported(*_: object) -> None:
    raise sys.modules["pynvml"].NVMLError("Not Supported")


def fake_nvml() -> types.ModuleType:
    """To be put in the place of `pynvml`."""
    nvml = types.ModuleType("pynvml")
    nvml.NVMLError = RuntimeError
    nvml.nvmlInit = nvml.nvmlShutdown = lambda: None
    nvml.nvmlDeviceGetCount = lambda: 4
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index
    nvml.nvmlDeviceGetUUID = lambda index: f"GPU-{index}{index}{index}"
    nvml.nvmlDeviceGetName = lambda index: f"Chip {index}"
    nvml.nvmlDeviceGetMemoryInfo = lambda index: types.SimpleNamespace(total=1000 + index)
    nvml.nvmlDeviceGetMigMode = not_supported
    nvml.nvmlDeviceGetCudaComputeCapability = lambda index: (7, 5) if index == 1 else (8, 0)
    nvml.nvmlDeviceGetHandleByUUID = lambda uuid: int(uuid[-1])
    nvml.nvmlSystemGetDriverVersion = lambda: "580.95.05"
    nvml.nvmlSystemGetCudaDriverVersion_v2 = lambda: 12080
    nvml.nvmlDeviceGetEnforcedPowerLimit = lambda index: 400_000 + index
    nvml.nvmlDeviceGetTotalEnergyConsumption = lambda index: 1_500_000 + index
    return nvml
