"""What cells are computed in on the device that there is. Imports nothing heavy.

A default gives way where a device is slow in it. Without instructions for it, a CPU multiplies in bf16 hundreds of
times slower than in fp32, and takes fp32; GPUs before Ampere (compute capability 8) have no bf16 units, and take fp16,
whose losses are scaled, or fp32 where a family's activations are too large for that. GPUs since Ampere multiply fp32
matrices in TF32. What an option asks for holds. A cell's key is the same either way, and its record says what it was
computed in (`provenance.precision`, `provenance.gpu.tf32`).
"""

import functools
import os
import platform
from collections.abc import Iterable

from bench.cell import Cell
from bench.config import Precision, TransformerConfig
from bench.models.families import FAMILIES
from bench.running.bf16 import fast_by_flags, is_fast
from bench.running.devices import Gpu, visible_gpus

VISIBLE = "CUDA_VISIBLE_DEVICES"
BF16_CAPABILITY = (8, 0)
"""The first compute capability with bf16 units: Ampere's."""


def precision_of(cell: Cell) -> Precision | None:
    """What `cell` says it is computed in; None where nothing says so."""
    found = cell.option("precision")
    return None if found is None else found[1]


def is_asked(cell: Cell) -> bool:
    """Whether an option, and no default, says so."""
    found = cell.option("precision_asked")
    return found is not None and bool(found[1])


def as_computed(cell: Cell, device: str) -> Cell:
    """`cell` as it is computed on `device` here, where its precision is a default that the device is slow in.

    It has another key than `cell`, under which its record is kept.
    """
    if precision_of(cell) != "bf16" or is_asked(cell):
        return cell
    if device == "cpu":
        return cell if is_fast() else cell.with_option("precision", "fp32")
    return cell if _gpu_has_bf16() else cell.with_option("precision", _without_bf16(cell))


def _without_bf16(cell: Cell) -> Precision:
    assert isinstance(cell.model, TransformerConfig)
    return "fp32" if FAMILIES[cell.model.family].overflows_in_fp16 else "fp16"


def uses_tf32(cells: Iterable[Cell], device: str) -> bool | None:
    """Whether `cells`, which are computed together, multiply fp32 matrices by a GPU's units for TF32; None on a CPU.

    Those round factors to mantissas of 10 bits, which is more than bf16 has, and are several times as quick. It is so
    where fp32 is the default; where an option says fp32, that holds.
    """
    if device == "cpu":
        return None
    return all(precision_of(cell) == "fp32" and not is_asked(cell) for cell in cells) and _gpu_has_bf16()


def _gpu_has_bf16() -> bool:
    """Whether the first visible GPU, on which a cell runs, has bf16; one of unknown capability is held to be newer.

    TF32 came with it, in Ampere.

    Asked once for each value of the variable `VISIBLE`: a sweep wants it of every cell, and NVML is begun each time.
    """
    return _has_bf16(os.environ.get(VISIBLE))


@functools.cache
def _has_bf16(visible: str | None) -> bool:
    del visible  # `visible_gpus` reads it
    return all(map(has_bf16, visible_gpus()[:1]))


def has_bf16(gpu: Gpu) -> bool:
    """Whether the GPU has units for bf16; one of unknown capability is held to be newer."""
    return gpu.capability is None or gpu.capability >= BF16_CAPABILITY


def kept_precision(precision: Precision, device: str) -> Precision:
    """What a kept model that was computed in `precision` is used in on `device` here."""
    if device != "cpu":
        return precision
    return "fp32" if precision == "fp16" or (precision == "bf16" and not is_fast()) else precision


def problems(cells: Iterable[Cell], device: str) -> list[str]:
    """Why what options ask for can't be had: fp16 on a CPU, whose losses are not scaled there, or in a family."""
    found: dict[str, None] = {}
    for cell in cells:
        if precision_of(cell) != "fp16" or not isinstance(cell.model, TransformerConfig):
            continue
        option, _ = cell.option("precision") or ("", None)
        if device == "cpu":
            found[f"{option}=fp16 is for GPUs, and cells run on the CPU here: fp32 or bf16 do"] = None
        if FAMILIES[cell.model.family].overflows_in_fp16:
            said = (
                f"{option}=fp16 does not go with {cell.model.name}: activations of {cell.model.family} overflow in it"
            )
            found[f"{said}; bf16 or fp32 do"] = None
    return list(found)


def notice(cell: Cell, device: str) -> str | None:
    """What to say about `cell` on `device` here; None where there is nothing to say."""
    computed = precision_of(as_computed(cell, device))
    if computed != precision_of(cell):
        why = "this CPU has no fast bf16" if device == "cpu" else "this GPU has no bf16"
        return f"computed in {computed} in place of bf16: {why}"
    if precision_of(cell) != "bf16" or not is_asked(cell):
        return None
    option, _ = cell.option("precision") or ("", None)
    if device == "cpu" and not is_fast():
        return f"warning: {option}=bf16 holds, but this CPU has no fast bf16: {option}=fp32 is many times quicker here"
    if device == "cuda" and not _gpu_has_bf16():
        return f"warning: {option}=bf16 holds, but this GPU has no bf16: {option}=fp16 is several times quicker here"
    return None


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
