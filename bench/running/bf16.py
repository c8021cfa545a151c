"""Whether this CPU is quick in bf16. Imports nothing heavy.

Without instructions for it, torch multiplies in bf16 hundreds of times slower than in fp32.
"""

import functools
import os
import time
from collections.abc import Mapping
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Of CPUs with such instructions, as Linux names them on x86 and ARM."""
SLOW_ONEDNN = frozenset({"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"})
"""Values of ONEDNN_MAX_CPU_ISA that keep torch's products from using them."""
SLOW_ATEN = frozenset({"default", "avx2"})
"""Likewise of ATEN_CPU_CAPABILITY, for everything but products."""
MASKS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")
"""Environment variables that keep torch from what a CPU can do."""
MAX_TIMES_SLOWER = 2.0
"""Where a product was timed: bf16 is slow if it takes so many times what fp32 does."""


def fast_by_flags(environment: Mapping[str, str] = os.environ) -> bool | None:
    """Whether this CPU is quick in bf16 by its flags and torch's masks; None where there are none to read."""
    masks = (environment.get("ONEDNN_MAX_CPU_ISA") or environment.get("DNNL_MAX_CPU_ISA") or "").upper()
    if masks in SLOW_ONEDNN or environment.get("ATEN_CPU_CAPABILITY", "").lower() in SLOW_ATEN:
        return False
    flags = _flags()
    return None if flags is None else bool(flags & FLAGS)


@functools.cache
def _flags() -> frozenset[str] | None:
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip().lower() in ("flags", "features"):
            return frozenset(value.split())
    return None


def is_fast() -> bool:
    """Whether this CPU is quick in bf16: by its flags or, where there are none, by a product each way."""
    known = fast_by_flags()
    return _measured() if known is None else known


@functools.cache
def _measured() -> bool:
    import torch

    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.ones(64, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)
        taken = []
        for _ in range(4):
            clock = time.perf_counter()
            torch.nn.functional.linear(left, right)
            taken.append(time.perf_counter() - clock)
        seconds[dtype] = min(taken)
    return seconds[torch.bfloat16] <= MAX_TIMES_SLOWER * seconds[torch.float32]
