"""What one training step asks of the host: launches, and places where it waits for the device."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

LAUNCHES = ("cudaLaunchKernel", "cuLaunchKernel", "cudaGraphLaunch", "cudaMemcpyAsync", "cudaMemsetAsync")
"""How names of calls begin that give the device work: of the runtime, and of the driver (Triton, cuBLASLt)."""
OPERATIONS = "aten::"
"""Likewise on a CPU, which has no launches: torch's operations, those inside of others counted too."""
WAITED = "synchronizing CUDA operation"
"""What torch warns of (c10/cuda/CUDAFunctions.cpp) where the host waits."""


@dataclass(frozen=True, slots=True)
class Profiled:
    """A step under the profiler."""

    launches: int
    """On a CPU: operations."""
    device_seconds: float
    """In which the device computed or copied; 0 on a CPU."""


class Profiler:
    """Torch's profiler, begun and ended in different callbacks of a training."""

    def __init__(self, device: str) -> None:
        self._on_gpu = device == "cuda"
        activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if self._on_gpu else [])]
        self._profile = profile(activities=activities)
        self._profile.start()

    def stop(self) -> Profiled:
        """What there was since the beginning."""
        self._profile.stop()
        return profiled(self._profile.key_averages(), LAUNCHES if self._on_gpu else (OPERATIONS,))


def profiled(events: Iterable[Any], names: tuple[str, ...]) -> Profiled:
    """Sums over the profiler's averages: calls whose names begin so, and the time of the device's own events."""
    launches, microseconds = 0, 0.0
    for event in events:
        if event.key.startswith(names):
            launches += event.count
        if event.device_type == DeviceType.CUDA and not event.is_user_annotation:
            microseconds += event.self_device_time_total
    return Profiled(launches, microseconds / 1e6)


class Waits:
    """Counts where the host waits for the device, from when it is made; begun and ended in different callbacks.

    An explicit `torch.cuda.synchronize` is not among what torch warns of.
    """

    def __init__(self) -> None:
        self._catching = warnings.catch_warnings(record=True)
        self._caught = self._catching.__enter__()
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")

    def stop(self) -> int:
        """How often it has waited."""
        torch.cuda.set_sync_debug_mode("default")
        self._catching.__exit__(None, None, None)
        assert self._caught is not None
        return sum(WAITED in str(warning.message) for warning in self._caught)
