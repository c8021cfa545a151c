"""Activations that are computed again on the way back, whatever the installed transformers calls that."""

import warnings
from pathlib import Path

import pytest

from bench.config import TrainingConfig
from bench.methods.checkpointing import computes_again
from bench.methods.training import training_arguments

CHOSEN = {"learning_rate": 1e-3, "num_train_epochs": 1, "precision": "fp32", "optim": "adamw_torch"}


@pytest.mark.parametrize("enabled", [True, False])
def test_it_reaches_trainer_without_a_warning(enabled: bool, tmp_path: Path) -> None:
    config = TrainingConfig(gradient_checkpointing=enabled, **CHOSEN)
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        arguments = training_arguments(config, 16, seed=0, device="cpu", scratch=str(tmp_path))
    assert computes_again(arguments) is enabled
