"""Why no GPU is visible on a machine that seems to have one."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.escape.terminal import say
from bench.running.devices import visible_gpus
from bench.settings import Settings

DEVICES = Path("/dev")


def say_why_not(cells: Iterable[Cell], settings: Settings) -> None:
    """Say on standard error why cells of transformers run on the CPU, where somebody may not expect that."""
    if settings.device != "auto" or not any(isinstance(cell.model, TransformerConfig) for cell in cells):
        return
    if not visible_gpus() and (reason := why_no_gpu()) is not None:
        say(f"cells run on the CPU: {reason}", error=True)


def why_no_gpu() -> str | None:
    """What stands between this process and a GPU; None where nothing speaks for there being one.

    NVIDIA's management library (NVML) tells which GPUs there are. It is part of the driver, and is not there in a
    container that was given the driver for computing alone.
    """
    asked = os.environ.get("CUDA_VISIBLE_DEVICES")
    if asked is not None and asked.strip() not in ("", "-1", "NoDevFiles"):
        return f"CUDA_VISIBLE_DEVICES={asked} names no GPU that NVML (nvidia-smi) shows here"
    if asked is None and any(DEVICES.glob("nvidia[0-9]*")):
        return (
            "there is an NVIDIA GPU, but its driver's NVML cannot be used: does nvidia-smi work here? "
            "A container needs NVIDIA_DRIVER_CAPABILITIES=compute,utility"
        )
    if (DEVICES / "kfd").exists():
        return "AMD GPUs are not supported: NVIDIA's are"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "Apple's GPUs are not supported: NVIDIA's are"
    return None
