"""What the host gives to a device: nobody waits for a GPU."""

from unittest.mock import Mock

import torch

from bench.methods.fused.transfer import to_device


def test_a_copy_to_a_gpu_is_of_pinned_memory_and_not_waited_for() -> None:
    tensor = Mock(spec=torch.Tensor)
    given = to_device(tensor, "cuda:0")
    pinned = tensor.pin_memory.return_value
    pinned.to.assert_called_once_with(torch.device("cuda:0"), non_blocking=True)
    assert given is pinned.to.return_value


def test_on_a_cpu_nothing_is_copied() -> None:
    tensor = torch.arange(3)
    assert to_device(tensor, torch.device("cpu")) is tensor
    assert to_device(tensor, "meta").device.type == "meta"
