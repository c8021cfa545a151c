"""Moving what the host prepares to the device without waiting for what the device has yet to do."""

import torch


def to_device(tensor: torch.Tensor, device: torch.device | str) -> torch.Tensor:
    """`tensor` (of the host) on `device`; to a GPU it is copied while the host goes on.

    A copy of ordinary memory waits until the GPU has done all that it was given before; one of pinned memory takes
    its turn there. torch keeps the pinned memory until the copy is done, also where nobody else does. Copies have a
    price of their own: what can be put into one tensor should be.
    """
    device = torch.device(device)
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
