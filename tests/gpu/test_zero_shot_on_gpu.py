"""Prompts that are padded on the left give what each gives alone: rows of masks that are all padding make no NaN."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.cell import Cell
from bench.config import ZeroShotConfig
from bench.methods import zero_shot
from tests.gpu import topics
from tests.gpu.cells import context

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("family", ["llama", "qwen2", "gpt2", "gemma3"])
def test_in_batches_as_alone(
    family: str, precision: str, folders: dict[str, Path], device: str, tmp_path: Path
) -> None:
    trained = topics.cell(family, folders[family])
    splits = topics.splits(trained).for_testing()
    words = {"business": "bank market", "sport": "goal"}  # of unequal length
    given = []
    for batch in (16, 1):
        method = ZeroShotConfig(
            name="zero_shot",
            prompt="{text}",
            label_words=words,
            batch_size=batch,
            precision=precision,  # type: ignore[arg-type]
        )
        cell = Cell(task=replace(trained.task, test_only=True), model=trained.model, method=method, training=None)
        given.append(zero_shot.fit(cell, splits, context(tmp_path, device)).predict(splits.test))
    together, alone = given
    assert np.isfinite(together).all()
    assert np.abs(together - alone).max() < (1e-4 if precision == "fp32" else 2e-2)
