"""Cells in one stack that differ as much as they may, and odd texts, give what each cell gives alone."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.config import LoraConfig, NaturalSplitConfig
from bench.data.pool import Pool
from bench.methods import finetune
from bench.methods.fitted import Context, Diverged
from tests.methods.fused.test_equality import CONTEXT, compare, fit_fused, largest_difference, lora, make_cell
from tests.support.tiny import WORDS

ODD = ("[PAD]", "[PAD] [PAD] [PAD]", "<pad>", "<|endoftext|>")
"""Tokens that pad, of some tokenizer or other, as texts."""
UNLIKE: tuple[dict[str, Any], ...] = (
    {"num_labels": 2, "train_size": 4, "seed": 0, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 3},
    {"num_labels": 3, "train_size": 100, "seed": 1, "per_device_train_batch_size": 64, "class_weight": "balanced"},
    {"num_labels": 2, "train_size": 40, "seed": 2, "gradient_accumulation_steps": 2, "group_by_length": True,
     "early_stopping_patience": 1, "eval_steps": 1, "learning_rate": 0.1},
)  # fmt: skip


def pool_of(labels: int, each: int) -> Pool:
    """Texts of so many labels, no two the same: of one word, of hundreds, and of tokens that pad."""
    draw, distinct = np.random.default_rng(0), dict.fromkeys(ODD)
    for size in (1, 3, 9, 30, 400) * (labels * each):
        distinct.setdefault(" ".join(draw.choice(WORDS, size)))
        if len(distinct) == labels * each:
            break
    ids = range(len(distinct))
    return Pool(tuple(map(str, ids)), tuple(distinct), tuple(f"label{i % labels}" for i in ids), None)


def changed(folder: Path, to: Path, **config: Any) -> Path:
    """The model with other values in its configuration."""
    shutil.copytree(folder, to)
    file = to / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | config))
    return to


def natural(cells: list[Any]) -> list[Any]:
    split = NaturalSplitConfig(name="natural", deduplicate=False)
    return [replace(cell, task=replace(cell.task, split=split)) for cell in cells]


def cells_of(family: str, method: LoraConfig, folder: Path, **options: Any) -> list[Any]:
    most = {"min_steps": 6, "eval_steps": 3, "evaluate_train": True, "max_length": 64}
    return natural([make_cell(family, method, folder, most | axes | options) for axes in UNLIKE])


@pytest.mark.parametrize("family", ["bert", "distilbert", "modernbert", "gpt2", "llama", "qwen2", "gemma3"])
def test_sizes_batches_and_odd_texts(family: str, tiny_models: dict[str, Path], no_dropout: None) -> None:
    compare(cells_of(family, lora(family), tiny_models[family]), pool_of(3, 100), 1e-4)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_modernbert_pooling(pooling: str, tiny_models: dict[str, Path], no_dropout: None, tmp_path: Path) -> None:
    folder = changed(tiny_models["modernbert"], tmp_path / "m", classifier_pooling=pooling)
    compare(cells_of("modernbert", lora("modernbert"), folder, max_length=256), pool_of(3, 60), 1e-4)


@pytest.mark.parametrize(
    ("family", "targets"),
    [
        ("gpt2", "all-linear"),
        ("gpt2", ("c_fc", "c_proj")),
        ("bert", ("pooler.dense", "output.dense")),
        ("bert", "all-linear"),
        ("modernbert", "all-linear"),
        ("distilbert", "all-linear"),
        ("gemma3", "all-linear"),
        ("llama", ("down_proj",)),
    ],
)
@pytest.mark.parametrize("name", ["lora", "qlora"])
def test_targets(name: Any, family: str, targets: Any, tiny_models: dict[str, Path], no_dropout: None) -> None:
    method = lora(family, target_modules=targets, name=name)
    compare(cells_of(family, method, tiny_models[family], learning_rate=1e-3), pool_of(3, 60), 1e-4)


def test_qwen_with_windows(tiny_models: dict[str, Path], no_dropout: None, tmp_path: Path) -> None:
    config = json.loads((tiny_models["qwen2"] / "config.json").read_text())
    layers = config["num_hidden_layers"]
    kinds = ["sliding_attention" if i % 2 else "full_attention" for i in range(layers)]
    folder = changed(
        tiny_models["qwen2"], tmp_path / "m", use_sliding_window=True, sliding_window=5, max_window_layers=1,
        layer_types=kinds,
    )  # fmt: skip
    compare(cells_of("qwen2", lora("qwen2"), folder), pool_of(3, 60), 1e-4)


def test_few_and_many_labels(tiny_models: dict[str, Path], no_dropout: None) -> None:
    many = pool_of(28, 30)
    axes = [{"num_labels": n, "train_size": 40, "seed": n} for n in (2, 28, 5)]
    for family in ("bert", "gpt2"):
        cells = [
            make_cell(family, lora(family), tiny_models[family], each, min_steps=5, max_length=64) for each in axes
        ]
        compare(natural(cells), many, 1e-4)


@pytest.mark.parametrize("rate", [1e6, 1e30])
@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_one_that_diverges(family: str, rate: float, tiny_models: dict[str, Path], no_dropout: None) -> None:
    """The others notice nothing."""
    cells = cells_of(family, lora(family), tiny_models[family])
    cells[1] = replace(cells[1], training=replace(cells[1].training, learning_rate=rate, max_grad_norm=1e30))
    fused, splits = fit_fused(cells, pool_of(3, 100))
    assert isinstance(fused.members[1].error, Diverged)
    predicted = fused.predict("test")
    assert predicted[1] is None
    for i in (0, 2):
        alone, given = finetune.fit(cells[i], splits[i], Context(**CONTEXT)), fused.members[i]
        assert given.error is None
        of_training = (each.summary.training.model_dump() for each in (alone, given.fitted))
        assert largest_difference(*of_training) < 1e-4
        assert np.abs(alone.predict(splits[i].test) - predicted[i]).max() < 1e-4


def test_predicting_again(tiny_models: dict[str, Path], no_dropout: None) -> None:
    cells = cells_of("bert", lora("bert"), tiny_models["bert"])
    fused, _ = fit_fused(cells, pool_of(3, 100))
    first = [fused.predict(name) for name in ("test", "validation", "train")]
    again = [fused.predict(name) for name in ("test", "validation", "train")]
    for one, other in zip(first, again, strict=True):
        for a, b in zip(one, other, strict=True):
            assert np.array_equal(a, b)
