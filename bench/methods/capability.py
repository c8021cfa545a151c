"""What a GPU can do, as torch tells it."""

import torch


@torch.compiler.assume_constant_result  # a compiler, too, may ask: it stays as it is
def compute_capability(device: torch.device) -> tuple[int, int]:
    """Of a GPU."""
    return torch.cuda.get_device_capability(device)
