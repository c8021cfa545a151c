"""What a cell's numbers rest on: its batch is its configuration's, on one device."""

from typing import Any

from bench.errors import UserError


def check_one_device(arguments: Any) -> None:
    """Raise UserError where Trainer, with these TrainingArguments, would train on several devices.

    It gives each of them a batch of the size that the cell says, so that a step has several times its examples.
    """
    devices = max(arguments.n_gpu, 1) * max(arguments.world_size, 1)
    if devices > 1:
        raise UserError(
            f"a cell trains on one device, and Trainer found {devices}: set CUDA_VISIBLE_DEVICES to one GPU, and start "
            "it with python, not with a launcher for distributed training"
        )
