"""Cells in one stack give what each of them gives alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bitsandbytes.nn import Linear4bit

from bench.cell import Cell
from bench.config import (
    DataConfig,
    LoraConfig,
    NaturalSplitConfig,
    NestedSplitConfig,
    TrainingConfig,
    TransformerConfig,
)
from bench.data.pool import Pool
from bench.data.split import Splits, draw
from bench.data.task import Task
from bench.methods import finetune
from bench.methods.fitted import Context
from bench.methods.fused import dense, loop
from bench.methods.fused.adamw import Stacked8BitAdamW, StackedAdamW
from bench.methods.fused.fit import FusedCells, fit
from bench.methods.fused.optimizers import OwnOptimizers
from bench.methods.fused.stack import Unfusable
from bench.models.families import FAMILIES
from tests.methods.fused.conftest import LABELS
from tests.support import texts
from tests.support.scratch import CACHE

CELLS: tuple[dict[str, Any], ...] = (
    {"num_labels": 2, "train_size": 24, "seed": 0, "eval_steps": 1},
    # batches of other sizes than the first one's, and an incomplete last one in each epoch
    {"num_labels": 4, "train_size": 36, "seed": 1, "per_device_train_batch_size": 8, "learning_rate": 2e-3},
    # its validation gets worse soon, and it ends early
    {
        "num_labels": 2,
        "train_size": 16,
        "seed": 2,
        "learning_rate": 0.03,
        "early_stopping_patience": 1,
        "eval_steps": 3,
    },
    {"num_labels": 3, "train_size": 24, "seed": 0, "lr_scheduler_type": "linear", "max_grad_norm": 0.05},
)


def make_cell(family: str, method: LoraConfig, folder: Path, axes: dict[str, Any], **training: Any) -> Cell:
    """A cell of 50 steps without dropout."""
    axes = {**axes}
    task = Task(
        data=DataConfig(name="topics", source="file"),
        split=NestedSplitConfig(),
        **{name: axes.pop(name) for name in ("num_labels", "train_size", "seed")},
    )
    options = {"learning_rate": 1e-2, "num_train_epochs": 1, "min_steps": 50, "per_device_train_batch_size": 4}
    options |= {"precision": "fp32", "optim": "adamw_torch", "eval_steps": 10, "early_stopping_patience": None}
    return Cell(
        task=task,
        model=TransformerConfig(
            name=f"tiny-{family}", family=family, source="hub", id=f"tiny/{family}", path=str(folder)
        ),
        method=method,
        training=TrainingConfig(**options | training | axes),
    )


def lora(family: str, **options: Any) -> LoraConfig:
    return LoraConfig(
        **{"name": "lora", "r": 4, "dropout": 0.0, "target_modules": FAMILIES[family].lora_targets} | options
    )


@pytest.fixture
def optimizers(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Those that stacks made."""
    made: list[object] = []
    original = loop.optimizer_for
    monkeypatch.setattr(loop, "optimizer_for", lambda *given: made.append(original(*given)) or made[-1])
    return made


CONTEXT = {"cache": CACHE, "mirror_dir": None, "device": "cpu"}


def fit_fused(cells: list[Cell], pool: Pool) -> tuple[FusedCells, list[Splits]]:
    splits = [draw(cell.task, pool) for cell in cells]
    return fit(cells, splits, Context(**CONTEXT)), splits


def largest_difference(one: Any, other: Any) -> float:
    """Over all numbers in two records' blocks, which must be alike otherwise."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        return max((largest_difference(one[key], other[key]) for key in one), default=0.0)
    if isinstance(one, list):
        assert len(one) == len(other)
        return max(map(largest_difference, one, other), default=0.0)
    if isinstance(one, float):
        return abs(one - other)
    assert one == other
    return 0.0


def compare(cells: list[Cell], pool: Pool, tolerance: float) -> FusedCells:
    """Losses of all steps that are logged, scores and predictions are those of separate runs."""
    fused, splits = fit_fused(cells, pool)
    predicted = fused.predict("test")
    for cell, split, member, probabilities in zip(cells, splits, fused.members, predicted, strict=True):
        assert member.error is None
        alone = finetune.fit(cell, split, Context(**CONTEXT))
        expected, given = alone.summary, member.fitted.summary
        assert largest_difference(expected.before.model_dump(), given.before.model_dump()) < tolerance
        assert largest_difference(expected.training.model_dump(), given.training.model_dump()) < tolerance
        same = ("parameters", "frozen_weights", "model_revision", "lengths")
        assert all(getattr(expected, name) == getattr(given, name) for name in same)
        assert np.abs(alone.predict(split.test) - probabilities).max() < tolerance
        assert np.abs(member.fitted.predict(split.test) - probabilities).max() < tolerance, "it is as any other"
    return fused


@pytest.mark.parametrize("family", FAMILIES)
def test_as_alone(
    family: str, tiny_models: dict[str, Path], pool: Pool, no_dropout: None, optimizers: list[object]
) -> None:
    cells = [make_cell(family, lora(family), tiny_models[family], axes) for axes in CELLS]
    fused = compare(cells, pool, 1e-4)
    training = [member.fitted.summary.training for member in fused.members]
    assert [each.steps for each in training[:2]] == [50, 50]
    assert training[2].stopped_early
    assert training[2].steps < 50
    assert len(training[0].history) == 50, "every step's loss was compared"
    assert [type(each) for each in optimizers] == [StackedAdamW]


def test_any_metric_chooses_as_alone(tiny_models: dict[str, Path], pool: Pool, no_dropout: None) -> None:
    metrics = ("roc_auc", "brier", "loss", "matthews_corrcoef")
    cells = [
        make_cell("bert", lora("bert"), tiny_models["bert"], axes, best_metric=metric)
        for axes, metric in zip(CELLS, metrics, strict=True)
    ]
    fused = compare(cells, pool, 1e-4)
    history = [member.fitted.summary.training.history for member in fused.members]
    assert [all(point.validation_score is None for point in each) for each in history] == [False, False, True, False]


@pytest.mark.parametrize("family", FAMILIES)
def test_in_4_bits(
    family: str, tiny_models: dict[str, Path], pool: Pool, no_dropout: None, optimizers: list[object]
) -> None:
    """With 8-bit optimizer states, and in fp32, so that rounding hides nothing."""
    method = lora(family, name="qlora", r=64)
    options = {"optim": "adamw_bnb_8bit", "learning_rate": 1e-3, "min_steps": 12, "eval_steps": 3}
    cells = [make_cell(family, method, tiny_models[family], axes, **options) for axes in CELLS[:2]]
    fused = compare(cells, pool, 1e-4)
    assert fused.members[0].fitted.summary.parameters.quantized > 10_000
    assert [type(each) for each in optimizers] == [Stacked8BitAdamW]


def test_in_4_bits_that_stay_packed(
    tiny_models: dict[str, Path], pool: Pool, no_dropout: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU, and with models that are too big to be unpacked."""
    monkeypatch.setattr(dense, "MAX_BYTES", 0)
    options = {"optim": "adamw_bnb_8bit", "learning_rate": 1e-3, "min_steps": 12, "eval_steps": 3}
    method = lora("llama", name="qlora", r=64)
    fused = compare(
        [make_cell("llama", method, tiny_models["llama"], axes, **options) for axes in CELLS[:2]], pool, 1e-4
    )
    assert fused.stack.linears
    assert all(isinstance(linear.base, Linear4bit) for linear in fused.stack.linears.values())


def test_accumulated_gradients_and_other_optimizers(
    tiny_models: dict[str, Path], pool: Pool, no_dropout: None, optimizers: list[object]
) -> None:
    """Steps of several batches, the last ones of an epoch of fewer; and each cell's own optimizer."""
    options = {"gradient_accumulation_steps": 3, "min_steps": 12, "optim": "rmsprop", "learning_rate": 1e-3}
    options |= {"evaluate_train": True}
    cells = [make_cell("bert", lora("bert"), tiny_models["bert"], axes, **options) for axes in CELLS[:2]]
    fused = compare(cells, pool, 1e-4)
    assert fused.members[0].fitted.summary.before.train is not None
    assert [type(each) for each in optimizers] == [OwnOptimizers]


def test_batches_of_like_lengths(tiny_models: dict[str, Path], pool: Pool, no_dropout: None) -> None:
    """Their order is each cell's own, whichever cells are beside it."""
    options = {"group_by_length": True, "min_steps": 20, "eval_steps": 1}
    cells = [make_cell("bert", lora("bert"), tiny_models["bert"], CELLS[i] | options) for i in (0, 1)]
    compare(cells, pool, 1e-4)


def test_weighted_labels(tiny_models: dict[str, Path], no_dropout: None) -> None:
    """Each cell has its own weights, or its own draws, in one stack."""
    frame = texts.topics(60, labels=LABELS)
    frame = frame[(frame.label != "business") | (frame.index % 5 == 0)]  # a rare one
    unequal = Pool(tuple(map(str, frame.index)), tuple(frame.text), tuple(frame.label), None)
    options = {"num_labels": 3, "train_size": 40, "min_steps": 20, "eval_steps": 2, "gradient_accumulation_steps": 2}
    cells = [
        make_cell("bert", lora("bert"), tiny_models["bert"], {"seed": seed} | options, class_weight=how)
        for seed, how in enumerate(("none", "balanced", "sqrt", "oversample"))
    ]
    cells = [replace(cell, task=replace(cell.task, split=NaturalSplitConfig(name="natural"))) for cell in cells]
    compare(cells, unequal, 1e-4)


def test_other_scaling_and_targets(tiny_models: dict[str, Path], pool: Pool, no_dropout: None) -> None:
    method = lora("gpt2", target_modules="all-linear", use_rslora=True)
    cells = [make_cell("gpt2", method, tiny_models["gpt2"], axes, min_steps=10) for axes in CELLS[:2]]
    compare(cells, pool, 1e-4)


def test_with_dropout_accuracies_agree_within_noise(tiny_models: dict[str, Path], pool: Pool) -> None:
    """Draws differ, so numbers do; over seeds they are as good, and no two cells are alike."""
    method = lora("bert", dropout=0.2)
    axes = [{"num_labels": 2, "train_size": 32, "seed": seed} for seed in range(10)]
    cells = [make_cell("bert", method, tiny_models["bert"], of_cell) for of_cell in axes]
    fused, splits = fit_fused(cells, pool)
    given, alone = [], []
    for cell, split, predicted in zip(cells, splits, fused.predict("test"), strict=True):
        given.append((predicted.argmax(axis=1) == split.test.labels).mean())
        single = finetune.fit(cell, split, Context(**CONTEXT))
        alone.append((single.predict(split.test).argmax(axis=1) == split.test.labels).mean())
    assert np.mean(given) == pytest.approx(np.mean(alone), abs=0.1)  # three standard errors
    assert np.mean(given) > 0.7


def test_layers_that_are_not_known_are_refused(tiny_models: dict[str, Path], pool: Pool) -> None:
    """An adapted embedding, say: such cells are run alone."""
    cells = [make_cell("bert", lora("bert", target_modules=("word_embeddings",)), tiny_models["bert"], CELLS[0])]
    with pytest.raises(Unfusable, match="word_embeddings has adapters of the kind Embedding"):
        fit_fused(cells, pool)
