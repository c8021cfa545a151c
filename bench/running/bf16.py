"""Whether this CPU is quick in bf16, and what cells are computed in where it is not. Imports nothing heavy.

Without instructions for it, torch multiplies in bf16 hundreds of times slower than in fp32. There, what is bf16 by
default is computed in fp32; what is bf16 because an option says so stays. A cell's key is the same either way, and its
record says what it was computed in (`provenance.precision`).
"""

import functools
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path

from bench.cell import Cell
from bench.config import Precision

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


def precision_of(cell: Cell) -> Precision | None:
    """What `cell` says it is computed in; None where nothing says so."""
    found = cell.option("precision")
    return None if found is None else found[1]


def is_asked(cell: Cell) -> bool:
    """Whether an option, and no default, says so."""
    found = cell.option("precision_asked")
    return found is not None and bool(found[1])


def as_computed(cell: Cell, device: str) -> Cell:
    """`cell` as it is computed on `device` here: in fp32 where bf16 was a default and this CPU is slow in it.

    It has another key than `cell`, under which its record is kept.
    """
    if device != "cpu" or precision_of(cell) != "bf16" or is_asked(cell) or is_fast():
        return cell
    return cell.with_option("precision", "fp32")


def kept_precision(precision: Precision, device: str) -> Precision:
    """What a kept model that was computed in `precision` is used in on `device` here."""
    return "fp32" if device == "cpu" and precision == "bf16" and not is_fast() else precision


def notice(cell: Cell, device: str) -> str | None:
    """What to say about `cell` on `device` here; None where there is nothing to say."""
    if device != "cpu" or precision_of(cell) != "bf16" or is_fast():
        return None
    if is_asked(cell):
        option, _ = cell.option("precision") or ("", None)
        return f"warning: {option}=bf16 holds, but this CPU has no fast bf16: {option}=fp32 is many times quicker here"
    return "computed in fp32 in place of bf16: this CPU has no fast bf16"


def plan_notice(cells: list[Cell]) -> str | None:
    """What a plan on this CPU says about those of `cells` that are bf16; None where they run as they say."""
    cells = [cell for cell in cells if precision_of(cell) == "bf16"]
    fast = fast_by_flags()
    if not cells or fast:
        return None
    if fast is None:
        return f"Whether this CPU ({platform.machine()}) is quick in bf16 is unknown: a sweep finds out."
    asked = sum(map(is_asked, cells))
    parts = []
    if len(cells) > asked:
        parts.append(f"{len(cells) - asked:,} of the cells are computed in fp32 in place of bf16")
    if asked:
        parts.append(f"{asked:,} stay in bf16, as precision=bf16 says, and are many times slower than in fp32")
    return f"This CPU has no fast bf16: {'; '.join(parts)}."
