"""Which of torch's attention kernels a training step takes."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

SHORT = 128
"""Tokens up to which torch's plain attention trains quicker in bf16 on a CPU than its flash kernel, whose way back is
slow there: for 32 texts of 16 tokens 4 ms instead of 19, for 16 of 128 about 67 of 77; for 4 of 512 it takes twice
as long (torch 2.13, AVX-512, one thread)."""


def attention(device: torch.device, dtype: torch.dtype, num_tokens: int) -> AbstractContextManager[None]:
    """For the forward pass of a training step on texts padded to `num_tokens`, computed in `dtype`.

    Both kernels compute the same; the plain one rounds less.
    """
    if device.type == "cpu" and dtype == torch.bfloat16 and num_tokens <= SHORT:
        return sdpa_kernel(SDPBackend.MATH)
    return nullcontext()
