"""A cell's batch is what its configuration says: where Trainer would take several devices, nothing is trained."""

from pathlib import Path
from unittest import mock

import pytest
from transformers import TrainingArguments

from bench.data.pool import Pool
from bench.data.split import draw
from bench.errors import UserError
from bench.methods import finetune
from bench.methods.fitted import Context
from bench.methods.fused.fit import fit
from tests.methods.test_families import make_cell
from tests.support import texts


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(cache=tmp_path, mirror_dir=None, device="cpu")


@pytest.fixture
def pool() -> Pool:
    frame = texts.topics(60)
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


REFUSED = "trains on one device, and Trainer found 8: set CUDA_VISIBLE_DEVICES"


@pytest.mark.parametrize(("method", "found"), [("lora", "n_gpu"), ("lora", "world_size"), ("last_block", "n_gpu")])
def test_several_are_refused(
    method: str, found: str, tiny_models: dict[str, Path], pool: Pool, context: Context
) -> None:
    cell = make_cell("bert", method, tiny_models["bert"])
    with mock.patch.object(TrainingArguments, found, 8), pytest.raises(UserError, match=REFUSED):
        finetune.fit(cell, draw(cell.task, pool), context)


def test_several_are_refused_for_a_stack(tiny_models: dict[str, Path], pool: Pool, context: Context) -> None:
    cells = [make_cell("bert", "lora", tiny_models["bert"], learning_rate=rate) for rate in (1e-3, 1e-2)]
    with mock.patch.object(TrainingArguments, "n_gpu", 8), pytest.raises(UserError, match=REFUSED):
        fit(cells, [draw(cell.task, pool) for cell in cells], context)
