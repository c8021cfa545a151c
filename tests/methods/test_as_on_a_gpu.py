"""What single cells do otherwise on a GPU, done on a CPU: masks, batches, copies, features. They measure the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cell import Cell
from bench.data.pool import Pool
from bench.data.split import Splits, draw
from bench.methods import finetune, masks, training, trunk
from bench.methods.encode import padding
from bench.methods.fitted import Context
from tests.methods.test_families import FAMILY_NAMES, make_cell
from tests.support import texts


@pytest.fixture
def pool() -> Pool:
    frame = texts.topics(60)
    frame["text"] = [" ".join(text.split() * (1 + i % 3)) for i, text in enumerate(frame.text)]
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


def both(
    cell: Cell, splits: Splits, folder: Path, monkeypatch: pytest.MonkeyPatch, *, filled_up: bool
) -> list[finetune.FineTuned]:
    """The cell, fitted as on a CPU and as on a GPU; with rows `filled_up` as there: dropout draws for padding, too."""
    context = Context(cache=folder, mirror_dir=None, device="cpu")
    fitted = [finetune.fit(cell, splits, context)]
    spare, made = masks.spare_masks, training.training_arguments

    def arguments(*given: Any, device: str, **options: Any) -> Any:
        assert device == "cpu"
        return made(*given, device="cuda", **options)

    with monkeypatch.context() as patched:
        if filled_up:
            patched.setattr(training, "padding", lambda tokenizer, length, _: padding(tokenizer, length, "cuda"))
        patched.setattr(masks, "spare_masks", lambda model, family, device: spare(model, family, "cuda"))
        patched.setattr(training, "training_arguments", arguments)
        patched.setattr(trunk, "fits", lambda *_: True)
        fitted.append(finetune.fit(cell, splits, context))
    return fitted


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("lora", {"best_metric": "loss"}),
        ("lora", {"windows": "mean", "max_length": 6, "max_windows": 4}),
        ("full", {"gradient_accumulation_steps": 2, "per_device_train_batch_size": 4, "class_weight": "balanced"}),
        ("last_block", {"gradient_checkpointing": True, "class_weight": "oversample"}),
    ],
)
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_cell_measures_the_same(
    *, family: str, method: str, options: dict[str, Any], tiny_models: dict[str, Path], pool: Pool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plain = {"num_train_epochs": 3, "eval_steps": 2, "learning_rate": 1e-3, "per_device_eval_batch_size": 8}
    cell = make_cell(family, method, tiny_models[family], **plain | options)
    splits = draw(cell.task, pool)
    cpu, gpu = both(cell, splits, tmp_path, monkeypatch, filled_up=method == "last_block")
    assert [each.trained.trainer.optimizer.defaults["fused"] for each in (cpu, gpu)] == [None, True]
    np.testing.assert_allclose(gpu.predict(splits.test), cpu.predict(splits.test), atol=1e-4)
    one, other = cpu.summary.training, gpu.summary.training
    assert one is not None
    assert other is not None
    assert other.tokens_seen == one.tokens_seen > 0
    assert (other.steps, other.best_step, len(other.history)) == (one.steps, one.best_step, len(one.history))
    for before, after in zip(one.history, other.history, strict=True):
        assert after.train_loss == pytest.approx(before.train_loss, abs=1e-4)
        assert after.validation_loss == pytest.approx(before.validation_loss, abs=1e-4)
