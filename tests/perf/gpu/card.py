"""The device as it is: products, copies and launches at their best, and the versions of what uses it."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import torch

PEAKS = {
    "NVIDIA A100-SXM4-40GB": 312e12,
    "NVIDIA A100-SXM4-80GB": 312e12,
    "NVIDIA H100 80GB HBM3": 989e12,
    "NVIDIA H200": 989e12,
    "NVIDIA L4": 121e12,
    "NVIDIA L40S": 362e12,
}
"""Operations a second in bf16, dense, by NVIDIA's data sheets."""
PACKAGES = ("torch", "transformers", "peft", "accelerate", "bitsandbytes")
SIDE, TINY_SIDE = 8192, 256
COPIED, TINY_COPIED = 2 << 30, 1 << 22
"""Bytes."""
LAUNCHES = 1000


@dataclass(frozen=True, slots=True)
class Card:
    """What a device can do."""

    name: str
    memory: int | None
    """Bytes; None for a CPU."""
    flops: float
    """Operations a second in a large product in bf16, measured."""
    bandwidth: float
    """Bytes a second, read and written, in a large copy."""
    launch_seconds: float
    """Until the host is done with a kernel that computes next to nothing."""

    @property
    def peak(self) -> float:
        """What utilization is told of: operations a second in bf16 by the data sheet, else as measured."""
        return PEAKS.get(self.name, self.flops)

    @property
    def peak_is(self) -> str:
        """Where `peak` is from, for people."""
        return "its data sheet" if self.name in PEAKS else "the product measured here"


def measure(device: str, *, tiny: bool) -> Card:
    """Measure the device. `tiny`: small enough for a CPU, where the numbers mean nothing."""
    on_gpu = device == "cuda"
    side = TINY_SIDE if tiny else SIDE
    left, right = (torch.randn(side, side, dtype=torch.bfloat16, device=device) for _ in range(2))
    product = torch.empty_like(left)
    source = torch.ones(TINY_COPIED if tiny else COPIED, dtype=torch.uint8, device=device)
    target, one = torch.empty_like(source), torch.ones(1, device=device)
    return Card(
        name=torch.cuda.get_device_name() if on_gpu else platform.processor() or platform.machine(),
        memory=torch.cuda.get_device_properties(0).total_memory if on_gpu else None,
        flops=2 * side**3 / seconds(lambda: torch.matmul(left, right, out=product), device, 10),
        bandwidth=2 * source.numel() / seconds(lambda: target.copy_(source), device, 10),
        launch_seconds=seconds(lambda: one.add_(1), device, LAUNCHES, is_enqueued=True),
    )


def seconds(work: Callable[[], object], device: str, times: int, *, is_enqueued: bool = False) -> float:
    """Of one `work`, the mean of `times` in a row after three; `is_enqueued`: until the host is done with it."""
    for _ in range(3):
        work()
    finish(device)
    clock = time.perf_counter()
    for _ in range(times):
        work()
    if not is_enqueued:
        finish(device)
    taken = time.perf_counter() - clock
    finish(device)
    return taken / times


def finish(device: str) -> None:
    """Wait for what the device was given to do."""
    if device == "cuda":
        torch.cuda.synchronize()


def versions() -> str:
    """Of the packages that do the work, of CUDA and of the driver."""
    found = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    if torch.version.cuda is not None:
        found.append(f"CUDA {torch.version.cuda}")
    if (driver := _driver()) is not None:
        found.append(f"driver {driver}")
    return ", ".join(found)


def _driver() -> str | None:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        return str(pynvml.nvmlSystemGetDriverVersion())
    finally:
        pynvml.nvmlShutdown()
