"""The types of torch in which weights are kept and products are computed."""

import torch

from bench.models.precision import Precision

DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(device: str, precision: Precision | None) -> torch.autocast:
    """The context in which Trainer computes a cell of this precision on a device of this type: fp32 changes nothing."""
    dtype = DTYPES[precision or "fp32"]
    is_narrow = dtype != torch.float32
    return torch.autocast(device, dtype if is_narrow else torch.bfloat16, enabled=is_narrow)
