"""Cells of `method=peft` on tiny models, trained for a few steps, kept and loaded again."""

import functools
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from bench.cell import Cell
from bench.compose import to_cell
from bench.config.method.peft_types import adapter_type
from bench.data.pool import Pool
from bench.data.split import draw
from bench.methods import finetune
from bench.methods.fitted import Context
from bench.predict.classifier import load_classifier
from bench.running.warm import Warm
from tests.conftest import MODEL_IDS
from tests.support import texts
from tests.support.scratch import CACHE

SMALL: dict[str, dict[str, Any]] = {
    "C3A": {"block_size": 32},
    "FOURIERFT": {"n_frequency": 200},
    "PVERA": {"r": 16},
    "VBLORA": {"vector_length": 32, "num_vectors": 16},
    "VERA": {"r": 16},
    "WAVEFT": {"n_frequency": 200},
}
"""Options for layers 64 wide, where peft's defaults are for wider ones."""


def make_cell(family: str, folder: Path, peft_type: str, options: dict[str, Any] | None = None, **more: Any) -> Cell:
    """A cell of 32 examples. `more` are other options of the method, and `training`."""
    four_bit = more.get("load_in_4bit", False)
    training = {"num_train_epochs": 8, "learning_rate": 1e-2, "per_device_train_batch_size": 8}
    training |= {
        "eval_steps": 8,
        "early_stopping_patience": None,
        "max_length": 16,
        "precision": "bf16" if four_bit else "fp32",
    }
    training |= more.pop("training", {})
    prompt = {"num_virtual_tokens": 6} if adapter_type(peft_type).is_prompt else {}
    return to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(_data())},
            "num_labels": 2, "train_size": 32, "seed": 0, "split": {"name": "nested"},
            "model": {"name": f"tiny-{family}", "family": family, "source": "hub", "path": str(folder)}
            | {"id": MODEL_IDS.get(family, f"tiny/{family}")},
            "method": {"name": "peft", "peft_type": peft_type, "options": SMALL.get(peft_type, {}) | prompt
                       | (options or {}), **more},
            "training": training,
        }
    )  # fmt: skip


@functools.cache
def _data() -> Path:
    """A file of the texts of `pool`."""
    path = CACHE / "peft-topics.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    texts.topics(60).to_csv(path, index=False)
    return path


def pool() -> Pool:
    frame = texts.topics(60)
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


@dataclass
class Run:
    cell: Cell
    fitted: finetune.FineTuned
    probabilities: Any
    splits: Any
    base_before: str | None
    base_after: str | None

    @property
    def losses(self) -> list[float]:
        return [point.train_loss for point in self.fitted.summary.training.history if point.train_loss is not None]

    def reloaded(self, folder: Path, model: Path) -> Any:
        """What the kept model says of the same texts."""
        folder.mkdir()
        self.fitted.save(folder)
        kept = replace(self.fitted.kept, model=replace(self.fitted.kept.model))
        torch.manual_seed(12345)  # nothing may hang on where the random numbers are
        classifier = load_classifier(folder, kept, base=str(model), device="cpu")
        test = self.splits.test
        return classifier.predict(test.texts, test.ids, kept.batch_size)


def digest(warm: Warm) -> str | None:
    """Of all that a held base has; None where none is held."""
    if (held := warm.base.held) is None:
        return None
    sums = hashlib.sha256()
    for name, value in sorted(held.model.state_dict().items()):
        if isinstance(value, torch.Tensor):
            sums.update(name.encode() + value.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return sums.hexdigest()


def run(cell: Cell, warm: Warm | None = None) -> Run:
    warm = warm or Warm()
    context = Context(cache=CACHE, mirror_dir=None, device="cpu", warm=warm)
    before = digest(warm)
    splits = draw(cell.task, pool())
    fitted = finetune.fit(cell, splits, context)
    probabilities = fitted.predict(splits.test)
    return Run(cell, fitted, probabilities, splits, before, digest(warm))
