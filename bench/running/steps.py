"""How many optimizer steps a training takes. Imports nothing heavy."""

import math

from bench.config import TrainingConfig


def steps_per_epoch(config: TrainingConfig, num_train: int) -> int:
    """Optimizer steps in one pass over `num_train` examples."""
    batches = math.ceil(num_train / config.per_device_train_batch_size)
    return math.ceil(batches / config.gradient_accumulation_steps)


def steps_in(config: TrainingConfig, num_train: int, epochs: float) -> int:
    """Optimizer steps in so many passes over `num_train` examples, to the nearest; at least one."""
    return max(1, round(epochs * steps_per_epoch(config, num_train)))


def planned_steps(config: TrainingConfig, num_train: int) -> int:
    """Optimizer steps of a run that does not stop early."""
    return max(math.ceil(config.epochs * steps_per_epoch(config, num_train)), config.least_steps)
