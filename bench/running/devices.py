"""Which GPUs there are, found without importing torch or opening a device."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Gpu:
    """One visible GPU: its number among the visible ones is its place in `visible_gpus()`."""

    uuid: str
    name: str
    total_memory: int
    """Bytes."""


def visible_gpus() -> list[Gpu]:
    """The GPUs that CUDA programs started from here would see, in CUDA's order.

    Empty without an NVIDIA driver. `CUDA_VISIBLE_DEVICES` is respected, by number or by UUID; as in CUDA,
    the list ends at the first entry that names no device.
    """
    found = _all_gpus()
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return found
    chosen = []
    for entry in (part.strip() for part in wanted.split(",")):
        match = [gpu for i, gpu in enumerate(found) if entry == str(i) or (entry and gpu.uuid.startswith(entry))]
        if len(match) != 1:
            break
        chosen.append(match[0])
    return chosen


def use_one_gpu() -> None:
    """Let this process, and those that it starts, see the first visible GPU alone; before torch is imported.

    Trainer takes every GPU that it sees, and multiplies the batch by their number.
    """
    if gpus := visible_gpus():
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[0].uuid


def energy_counter() -> float | None:
    """Joules that the first visible GPU has used since its driver was loaded; None where it does not count them.

    NVML counts from the Volta generation on. What else runs on the GPU is counted too.
    """
    gpus = visible_gpus()
    if not gpus:
        return None
    with _nvml() as nvml:
        if nvml is None:
            return None
        try:
            handle = nvml.nvmlDeviceGetHandleByUUID(gpus[0].uuid)
            return float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1000
        except nvml.NVMLError:
            return None  # an older GPU, or one that hides it


@contextmanager
def _nvml() -> Iterator[Any]:
    """NVIDIA's management library, begun; None without a driver or GPU, the ordinary case on a CPU machine."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()


def _all_gpus() -> list[Gpu]:
    with _nvml() as nvml:
        if nvml is None:
            return []
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        return [
            Gpu(
                uuid=str(nvml.nvmlDeviceGetUUID(handle)),
                name=str(nvml.nvmlDeviceGetName(handle)),
                total_memory=int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
            )
            for handle in handles
        ]
