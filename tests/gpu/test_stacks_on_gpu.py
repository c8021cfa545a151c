"""Cells in one stack give on a GPU what each of them gives alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from bench.cell import Cell
from bench.methods.fused import scales
from bench.models.families import FAMILIES
from tests.gpu import topics
from tests.gpu.cells import context
from tests.gpu.stacks import fitted

pytestmark = pytest.mark.gpu

TOO_LARGE = 2.0**22
"""A loss scale with which the first steps overflow, until it is low enough."""


def cells(family: str, folder: Path, **options: Any) -> list[Cell]:
    """Other examples and values, unequal batches; the second one ends before the others."""
    return [
        topics.cell(family, folder, seed=0, **options),
        topics.cell(family, folder, seed=1, steps=7, **options),
        topics.cell(family, folder, seed=2, per_device_train_batch_size=5, learning_rate=2e-3, **options),
    ]


def compare(of: list[Cell], device: str, cache: Path, tolerance: float) -> None:
    """Losses of all steps and probabilities."""
    examples, where = [topics.splits(cell) for cell in of], context(cache, device)
    stacked = fitted("fused", of, examples, where)
    predicted = stacked.predict("test")
    for cell, split, outcome, probabilities in zip(of, examples, stacked.outcomes, predicted, strict=True):
        alone = fitted("single", [cell], [split], where)
        expected, found = (losses(each) for each in (alone.outcomes[0], outcome))
        assert len(expected) == cell.training.min_steps
        assert np.abs(np.array(found) - np.array(expected)).max() < tolerance
        assert np.abs(probabilities - alone.predict("test")[0]).max() < 10 * tolerance


def losses(outcome: Any) -> list[float]:
    """Of all steps."""
    return [point.train_loss for point in outcome.summary.training.history if point.train_loss is not None]


@pytest.mark.parametrize("family", FAMILIES)
def test_in_fp32(family: str, folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    compare(cells(family, folders[family]), device, tmp_path, tolerance=1e-3)


@pytest.mark.parametrize("family", ["llama", "bert", "gpt2"])
def test_in_bf16(family: str, folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    compare(cells(family, folders[family], precision="bf16"), device, tmp_path, tolerance=5e-2)


@pytest.mark.parametrize("family", ["llama", "bert", "gpt2"])
def test_in_4_bits(family: str, folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    compare(cells(family, folders[family], method="qlora", precision="bf16"), device, tmp_path, tolerance=5e-2)


@pytest.mark.parametrize("options", [{}, {"precision": "bf16"}, {"precision": "bf16", "method": "qlora"}])
@pytest.mark.parametrize("family", FAMILIES)
def test_compiled_blocks(
    family: str, options: dict[str, str], folders: dict[str, Path], device: str, tmp_path: Path
) -> None:
    """They give what blocks give that are not compiled, to the same tolerance as separate cells."""
    tolerance = 5e-2 if "precision" in options else 1e-3
    of = cells(family, folders[family], **options)
    examples, where = [topics.splits(cell) for cell in of], context(tmp_path, device)
    plain, compiled = (fitted("fused", of, examples, replace(where, compile_blocks=on)) for on in (False, True))
    for one, other in zip(plain.outcomes, compiled.outcomes, strict=True):
        assert other.summary.compiled  # type: ignore[union-attr]
        assert np.abs(np.array(losses(one)) - np.array(losses(other))).max() < tolerance
    for one, other in zip(plain.predict("test"), compiled.predict("test"), strict=True):
        assert np.abs(one - other).max() < 10 * tolerance  # type: ignore[operator]


@pytest.fixture
def large_scales(gpu: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses in fp16 begin with a scale that is too large, alone and in a stack, so that steps are skipped.

    accelerate scales them on a GPU alone.
    """
    original = Accelerator.__init__

    def begin(self: Accelerator, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        if self.scaler is not None:
            self.scaler = torch.amp.GradScaler("cuda", init_scale=TOO_LARGE)

    monkeypatch.setattr(Accelerator, "__init__", begin)
    monkeypatch.setattr(scales, "INITIAL", TOO_LARGE)


@pytest.mark.parametrize("optim", ["adamw_torch", "adamw_torch_fused", "adamw_bnb_8bit"])
@pytest.mark.parametrize("family", ["llama", "bert"])
@pytest.mark.usefixtures("large_scales")
def test_in_fp16(family: str, optim: str, folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    compare(cells(family, folders[family], precision="fp16", optim=optim), device, tmp_path, tolerance=5e-2)


def test_with_8_bit_adamw(folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    compare(cells("llama", folders["llama"], optim="adamw_bnb_8bit"), device, tmp_path, tolerance=1e-3)
