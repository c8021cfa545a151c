"""Which GPUs there are, found without importing torch or opening a device."""

import os
from dataclasses import dataclass


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


def _all_gpus() -> list[Gpu]:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []  # no driver or no GPU: the ordinary case on a CPU machine
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return [
            Gpu(
                uuid=str(pynvml.nvmlDeviceGetUUID(handle)),
                name=str(pynvml.nvmlDeviceGetName(handle)),
                total_memory=int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
            )
            for handle in handles
        ]
    finally:
        pynvml.nvmlShutdown()
