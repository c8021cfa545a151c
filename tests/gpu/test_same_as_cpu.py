"""A GPU computes what a CPU does, for every family: whole, in bf16 and in 4 bits."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.methods import finetune, training
from bench.methods.loading import ModelFiles
from bench.models.families import FAMILIES
from tests.gpu import topics
from tests.gpu.cells import context

pytestmark = pytest.mark.gpu

Values = dict[str, torch.Tensor]


def trained(
    cell: Cell, device: str, cache: Path, start: Values | None = None
) -> tuple[list[float], Any, Values, Values]:
    """Losses of all steps, probabilities for the test set, the values that training began with, and the 4-bit weights.

    It begins with `start` where that is given: each device draws other values.
    """
    assert isinstance(cell.model, TransformerConfig)
    splits, where = topics.splits(cell), context(cache, device)
    with tempfile.TemporaryDirectory() as scratch:
        fitted = finetune.prepare(cell, ModelFiles.find(cell.model, where), splits, where, scratch)
        model = fitted.trained.trainer.model
        named = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        if start is not None:
            assert named.keys() == start.keys()
            with torch.no_grad():
                for name, parameter in named.items():
                    parameter.copy_(start[name])
        began = {name: parameter.detach().cpu().clone() for name, parameter in named.items()}
        weights = four_bit_weights(model)
        history = training.train(fitted.trained).history
    losses = [point.train_loss for point in history if point.train_loss is not None]
    return losses, fitted.predict(splits.test), began, weights


def four_bit_weights(model: torch.nn.Module) -> Values:
    """What 4-bit weights stand for, by name, on the CPU."""
    states = [(n, p, getattr(p, "quant_state", None)) for n, p in model.named_parameters()]
    if not any(state is not None for _, _, state in states):
        return {}
    from bitsandbytes.functional import dequantize_4bit

    return {
        name: dequantize_4bit(parameter.data, state).float().cpu()
        for name, parameter, state in states
        if state is not None
    }


def compare(cell: Cell, device: str, cache: Path, tolerance: float) -> tuple[Values, Values]:
    """Losses and probabilities agree; the 4-bit weights on both devices."""
    expected, probabilities, start, weights = trained(cell, "cpu", cache)
    found, given, _, others = trained(cell, device, cache, start)
    assert len(found) == len(expected) == cell.training.min_steps
    assert np.abs(np.array(found) - np.array(expected)).max() < tolerance
    assert np.abs(given - probabilities).max() < 10 * tolerance
    assert expected[-1] != expected[0], "it has learnt something"
    return weights, others


@pytest.mark.parametrize("family", FAMILIES)
def test_in_fp32(family: str, folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    compare(topics.cell(family, folders[family]), device, tmp_path, tolerance=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_in_bf16(family: str, folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    compare(topics.cell(family, folders[family], precision="bf16"), device, tmp_path, tolerance=5e-2)


@pytest.mark.parametrize("family", FAMILIES)
def test_in_4_bits(family: str, folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    cell = topics.cell(family, folders[family], method="qlora", precision="fp32")
    weights, others = compare(cell, device, tmp_path, tolerance=3e-2)
    assert weights.keys() == others.keys() != set()
    for name, expected in weights.items():
        unequal = (others[name] - expected).abs() > 1e-6 * expected.abs().max()
        # where a weight is half way between two of the 16 values, devices may round it to another
        assert unequal.float().mean() < 1e-3, name
