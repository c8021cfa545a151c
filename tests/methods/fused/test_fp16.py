"""Cells in fp16 in one stack give what each gives alone, with Trainer's own GradScaler, here on a CPU."""

from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from transformers import Trainer

from bench.data.pool import Pool
from bench.methods import finetune
from bench.methods.fitted import Context
from bench.methods.fused import scales
from tests.methods.fused.test_equality import CELLS, CONTEXT, fit_fused, lora, make_cell

TOO_LARGE = 2.0**22
"""A scale with which the first steps overflow, until it is low enough."""


TOLERANCE = 1e-2
"""Products of many rows are rounded otherwise than those of few."""


@pytest.fixture
def skipped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many steps cells skipped alone; accelerate scales losses on a CPU, too, from a scale that is too large."""
    original, found = Accelerator.__init__, []

    def init(self: Accelerator, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        if self.state.mixed_precision == "fp16":
            self.native_amp, self.scaler = True, torch.amp.GradScaler("cpu", init_scale=TOO_LARGE)

    train = Trainer.train

    def counted(self: Trainer, *given: Any, **named: Any) -> Any:
        result = train(self, *given, **named)
        found.append(self.state.global_step - self.lr_scheduler.last_epoch)
        return result

    monkeypatch.setattr(Accelerator, "__init__", init)
    monkeypatch.setattr(Trainer, "train", counted)
    monkeypatch.setattr(scales, "INITIAL", TOO_LARGE)
    return found


@pytest.mark.parametrize(
    ("family", "optim"),
    [("llama", "adamw_torch")]
    + [("bert", optim) for optim in ("adamw_torch", "adamw_torch_fused", "adamw_bnb_8bit", "rmsprop")],
)
@pytest.mark.usefixtures("no_dropout")
def test_as_alone(family: str, optim: str, tiny_models: dict[str, Path], pool: Pool, skipped: list[int]) -> None:
    """Steps are skipped at the same places, and the learning rates that are logged are the same."""
    options = {"precision": "fp16", "min_steps": 14, "optim": optim, "eval_steps": 1}
    cells = [
        make_cell(family, lora(family, r=64), tiny_models[family], axes | {"learning_rate": rate}, **options)
        for axes, rate in zip(CELLS[:2], (1e-3, 2e-3), strict=True)
    ]
    fused, splits = fit_fused(cells, pool)
    for cell, split, member, predicted in zip(cells, splits, fused.members, fused.predict("test"), strict=True):
        alone = finetune.fit(cell, split, Context(**CONTEXT))
        expected, given = (of.summary.training.history for of in (alone, member.fitted))
        assert [point.learning_rate for point in given] == [point.learning_rate for point in expected]
        for name in ("train_loss", "validation_loss"):
            assert [getattr(point, name) for point in given] == pytest.approx(
                [getattr(point, name) for point in expected], abs=TOLERANCE
            )
        assert predicted == pytest.approx(alone.predict(split.test), abs=TOLERANCE)
    if optim == "adamw_torch_fused":
        assert skipped == [0, 0], "the schedule goes on there"
    else:
        assert all(2 <= steps <= 8 for steps in skipped), skipped
