"""Which GPUs there are, found without importing torch or opening a device."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

ALLOCATOR, RENAMED = ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF"), (2, 9)
"""What torch's allocator of GPU memory reads, before that version and since."""
workers_on_gpu = 1
"""Processes of this sweep that share the GPU of this one, itself included; a worker says it when it begins."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One visible GPU, or one slice of it (MIG): its number among the visible ones is its place in `visible_gpus()`."""

    uuid: str
    """As CUDA_VISIBLE_DEVICES takes it: `GPU-...`, or `MIG-...` of a slice."""
    name: str
    total_memory: int | None
    """Bytes; None where it has none of its own, but shares the machine's."""
    capability: tuple[int, int] | None = None
    """CUDA's compute capability; None where it is not known."""


def visible_gpus() -> list[Gpu]:
    """The GPUs that CUDA programs started from here would see, in the order of NVML, which is that of the PCI bus.

    Empty without an NVIDIA driver. `CUDA_VISIBLE_DEVICES` is respected, by number or by UUID, of a GPU or of a slice;
    as in CUDA, the list ends at the first entry that names no device. A GPU that is cut into slices stands for those,
    and one that this user may not open, or that has dropped off the bus, is left out.
    """
    found = _all_gpus()
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return found
    chosen: list[Gpu] = []
    for entry in (part.strip() for part in wanted.split(",")):
        match = [gpu for i, gpu in enumerate(found) if entry == str(i) or (entry and gpu.uuid.startswith(entry))]
        if len(match) != 1:
            break
        if match[0] not in chosen:  # one that is named twice is still one
            chosen.append(match[0])
    return chosen


def use_one_gpu() -> None:
    """Let this process, and those that it starts, see the first visible GPU alone; before torch is imported.

    Trainer takes every GPU that it sees, and multiplies the batch by their number.
    """
    if gpus := visible_gpus():
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[0].uuid
        use_expandable_segments()


def use_expandable_segments() -> None:
    """Let torch's blocks of GPU memory grow in place, unless the environment says how they are; before it is imported.

    Batches of texts are of many lengths, and blocks of fixed sizes that fit none of them add up.
    """
    if not any(name in os.environ for name in ALLOCATOR):
        torch = tuple(int(part) for part in version("torch").split(".")[:2])
        os.environ[ALLOCATOR[torch >= RENAMED]] = "expandable_segments:True"


def energy_counter() -> float | None:
    """Joules that the first visible GPU has used since its driver was loaded; None where it does not count them.

    NVML counts from the Volta generation on. What else runs on the GPU is counted too.
    """
    gpus = visible_gpus()
    read = _reading(gpus[0], lambda nvml, handle: nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) if gpus else None
    return None if read is None else read / 1000


def driver_version() -> str | None:
    """Of NVIDIA's driver; None without one."""
    with _nvml() as nvml:
        return None if nvml is None else str(nvml.nvmlSystemGetDriverVersion())


def driver_cuda() -> tuple[int, int] | None:
    """The newest CUDA that the driver can run (13, 0); None without a driver."""
    with _nvml() as nvml:
        if nvml is None:
            return None
        number = int(nvml.nvmlSystemGetCudaDriverVersion_v2())  # 13000
    return number // 1000, number % 1000 // 10


def power_limit(gpu: Gpu) -> float | None:
    """Watts that the GPU may take, as it is set now; None where that is not known, as of a slice."""
    read = _reading(gpu, lambda nvml, handle: nvml.nvmlDeviceGetEnforcedPowerLimit(handle))
    return None if read is None else read / 1000


def mig_profile(gpu: Gpu) -> str | None:
    """The size of a slice (`1g.10gb`), with which its name ends; None where the GPU is whole."""
    _, is_slice, profile = gpu.name.partition(" MIG ")
    return profile if is_slice else None


def memory_in_use(gpu: Gpu) -> int | None:
    """Bytes of the GPU's memory that programs use now, whoever started them; None where that is not known."""
    return _reading(gpu, lambda nvml, handle: nvml.nvmlDeviceGetMemoryInfo(handle).used)


def _reading(gpu: Gpu, read: Callable[[Any, Any], Any]) -> int | None:
    """What `read` gets of NVML and the GPU's handle; None where the GPU does not say: an older one, or a closed one."""
    with _nvml() as nvml:
        if nvml is None:
            return None
        try:
            return int(read(nvml, nvml.nvmlDeviceGetHandleByUUID(gpu.uuid)))
        except nvml.NVMLError:
            return None


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
        return [gpu for number in range(nvml.nvmlDeviceGetCount()) for gpu in _gpus(nvml, number)]


def _gpus(nvml: Any, number: int) -> list[Gpu]:
    """The GPU of this number, or its slices; none where it can't be opened.

    NVML counts all GPUs of a machine, also those that a container or Slurm's ConstrainDevices keeps from this process.
    """
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(number)
        return [_described(nvml, part) for part in _slices(nvml, handle) or [handle]]
    except nvml.NVMLError:
        return []


def _slices(nvml: Any, handle: Any) -> list[Any]:
    """Handles of the slices that a GPU is cut into; empty where it is whole."""
    try:
        is_cut, _ = nvml.nvmlDeviceGetMigMode(handle)
        places = nvml.nvmlDeviceGetMaxMigDeviceCount(handle) if is_cut else 0
    except nvml.NVMLError:
        return []  # most can't be cut at all
    found = []
    for place in range(places):
        with suppress(nvml.NVMLError):  # places of larger slices are empty
            found.append(nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, place))
    return found


def _described(nvml: Any, handle: Any) -> Gpu:
    name, uuid = str(nvml.nvmlDeviceGetName(handle)), str(nvml.nvmlDeviceGetUUID(handle))
    try:
        memory = int(nvml.nvmlDeviceGetMemoryInfo(handle).total)
    except nvml.NVMLError:
        memory = None  # Jetson, GB10
    try:
        major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
    except nvml.NVMLError:
        return Gpu(uuid, name, memory)
    return Gpu(uuid, name, memory, (int(major), int(minor)))
