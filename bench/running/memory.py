"""Peak memory of one cell, also in a process that ran others before."""

import ctypes
import gc
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any


def release() -> None:
    """Give memory that nothing refers to any more back to the system and the GPU."""
    gc.collect()  # a Trainer, and so its model, is in cycles of references
    if sys.platform == "linux":
        # the C library keeps freed memory for itself; others than GNU's have no such function
        with suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
    if (cuda := _cuda()) is not None:
        cuda.empty_cache()


def reset_peak() -> None:
    """Forget earlier peaks of this process's resident memory (Linux) and of its GPU, where torch is in use."""
    # where there is no such interface, or it is not allowed, the peak is that of the whole process
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    if (cuda := _cuda()) is not None:
        cuda.reset_peak_memory_stats()


def peak_process() -> int:
    """Most resident bytes of this process since `reset_peak`."""
    with suppress(OSError):  # there only on Linux
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_device() -> int | None:
    """Most bytes that tensors took on the GPU since `reset_peak`; None where this process uses none."""
    cuda = _cuda()
    return None if cuda is None else int(cuda.max_memory_allocated())


def reserved_device() -> int | None:
    """Most bytes that torch held on the GPU, for tensors or between them, since `reset_peak`; None likewise."""
    cuda = _cuda()
    return None if cuda is None else int(cuda.max_memory_reserved())


def _cuda() -> Any | None:
    """`torch.cuda` where this process has begun to use a GPU.

    To ask it for anything else begins it, which takes half a gigabyte of the card: cells on the CPU leave it alone.
    """
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
