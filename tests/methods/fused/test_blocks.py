"""`fused.compile=blocks`: the same results, and one program for alike blocks, all steps, cells and stacks."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.cell import Cell
from bench.config import LoraConfig
from bench.data.pool import Pool
from bench.data.split import draw
from bench.errors import UserError
from bench.methods import capability, dropout
from bench.methods.fitted import Context
from bench.methods.fused import dense
from bench.methods.fused.fit import FusedCells, fit
from bench.models.families import FAMILIES
from tests.methods.fused.test_equality import CELLS, CONTEXT, largest_difference, lora, make_cell
from tests.support import tiny

TOLERANCE = 1e-4
KINDS = {"modernbert": 2}
"""Of blocks that are compiled, where not 1: ModernBERT's first one has no norm, and its last one is as the others."""


def fitted(cells: list[Cell], pool: Pool, **options: Any) -> FusedCells:
    return fit(cells, [draw(cell.task, pool) for cell in cells], Context(**CONTEXT, **options))


def compare(cells: list[Cell], pool: Pool) -> None:
    """Losses of all steps, scores and predictions are those of the stack that is not compiled."""
    plain, compiled = (fitted(cells, pool, compile_blocks=on) for on in (False, True))
    for one, other in zip(plain.members, compiled.members, strict=True):
        assert one.error is other.error is None
        assert (one.fitted.summary.compiled, other.fitted.summary.compiled) == (False, True)
        courses = [member.fitted.summary.training.model_dump() for member in (one, other)]
        assert largest_difference(*courses) < TOLERANCE
    for one, other in zip(plain.predict("test"), compiled.predict("test"), strict=True):
        assert np.abs(one - other).max() < TOLERANCE


@pytest.mark.parametrize("family", FAMILIES)
def test_as_it_is_not_compiled(
    family: str, tiny_models: dict[str, Path], pool: Pool, no_dropout: None, programs: Callable[[], int]
) -> None:
    cells = [make_cell(family, lora(family), tiny_models[family], axes, min_steps=8) for axes in CELLS]
    compare(cells, pool)
    assert programs() <= 2 * KINDS.get(family, 1), "a cell may be alone in the end"


@pytest.mark.usefixtures("no_dropout")
@pytest.mark.parametrize("most", [dense.MAX_BYTES, 0])
def test_in_4_bits(
    most: float, tiny_models: dict[str, Path], pool: Pool, programs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unpacked, and as they are on a GPU."""
    monkeypatch.setattr(dense, "MAX_BYTES", most)
    options = {"optim": "adamw_bnb_8bit", "learning_rate": 1e-3, "min_steps": 6, "eval_steps": 3}
    method = lora("llama", name="qlora", r=64)
    compare([make_cell("llama", method, tiny_models["llama"], axes, **options) for axes in CELLS[:2]], pool)
    assert programs() <= 2


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A BERT of five blocks."""
    monkeypatch.setattr(tiny, "LAYERS", 5)
    return tiny.build("bert", tmp_path / "deep")


def ending_in_turn(folder: Path, method: LoraConfig, **options: Any) -> list[Cell]:
    """Three cells of unequal batches, which end after 4, 8 and 12 steps."""
    return [
        make_cell("bert", method, folder, axes, **{"min_steps": 4 * (i + 1), "num_train_epochs": 0.01} | options)
        for i, axes in enumerate(({**CELLS[0]}, {**CELLS[1]}, {**CELLS[3]}))
    ]


def test_one_program_for_all_blocks_steps_and_stacks(deep: Path, pool: Pool, programs: Callable[[], int]) -> None:
    """And a second one where a cell is alone in the end: torch compiles sizes of 1 by themselves."""
    method = lora("bert", dropout=0.1)
    fitted(ending_in_turn(deep, method)[:2], pool, compile_blocks=True)
    assert programs() == 2
    fitted(ending_in_turn(deep, method), pool, compile_blocks=True)
    fitted(ending_in_turn(deep, method, learning_rate=1e-3, per_device_train_batch_size=3), pool, compile_blocks=True)
    assert programs() == 2, "more cells, other batches and another stack compile nothing"
    fitted(ending_in_turn(deep, lora("bert", r=8))[:1], pool, compile_blocks=True)
    assert programs() == 3, "other adapters are another program"


def test_passes_of_some_of_the_cells_compile_nothing_new(deep: Path, pool: Pool, programs: Callable[[], int]) -> None:
    """As where one of them has fewer batches in a step than others."""
    cells = ending_in_turn(deep, lora("bert"), min_steps=9)
    last = make_cell("bert", lora("bert"), deep, CELLS[1], min_steps=9, gradient_accumulation_steps=3)
    also = make_cell("bert", lora("bert"), deep, {**CELLS[1], "seed": 5}, min_steps=9, gradient_accumulation_steps=3)
    fitted([*cells, last, also], pool, compile_blocks=True)
    assert programs() == 1


def test_one_block_has_nothing_to_compile(
    tmp_path: Path, pool: Pool, programs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one stays as it is; and the record does not say otherwise."""
    monkeypatch.setattr(tiny, "LAYERS", 1)
    folder = tiny.build("bert", tmp_path / "shallow")
    cells = [make_cell("bert", lora("bert"), folder, axes, min_steps=2) for axes in CELLS[:2]]
    found = fitted(cells, pool, compile_blocks=True)
    assert [member.fitted.summary.compiled for member in found.members] == [False, False]
    assert programs() == 0


@pytest.mark.usefixtures("no_dropout")
def test_texts_of_one_token_are_not_compiled(
    tiny_models: dict[str, Path], pool: Pool, programs: Callable[[], int]
) -> None:
    """torch 2.13's own compiler fails with some models, by themselves."""
    method = lora("llama", target_modules="all-linear")
    options = {"max_length": 1, "min_steps": 4, "eval_steps": 2}
    compare([make_cell("llama", method, tiny_models["llama"], axes | options) for axes in CELLS[:2]], pool)
    assert programs() == 0


def test_another_model_begins_anew(
    tiny_models: dict[str, Path], pool: Pool, programs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was compiled for the one before is not kept, and asked about in each pass."""
    resets: list[None] = []
    original = torch.compiler.reset
    monkeypatch.setattr(torch.compiler, "reset", lambda: (resets.append(None), original()))
    for family in ("bert", "bert", "distilbert"):
        fitted([make_cell(family, lora(family), tiny_models[family], CELLS[0], min_steps=2)], pool, compile_blocks=True)
    assert (programs(), len(resets)) == (2, 2)


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch compiles for a CPU with g++, which is not here")
@pytest.mark.usefixtures("no_dropout", "fresh")
def test_with_torchs_own_compiler(tiny_models: dict[str, Path], pool: Pool) -> None:
    cells = [make_cell("bert", lora("bert"), tiny_models["bert"], axes, min_steps=8) for axes in CELLS[:2]]
    compare(cells, pool)


def test_two_draws_of_one_tensor_are_not_one(fresh: None) -> None:
    """Nor is what is dropped drawn again on the way back."""

    def both(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return dropout.dropout(x, 0.5), dropout.dropout(x, 0.5)

    x = torch.ones(400, requires_grad=True)
    # with the step that joins equal operations
    one, other = torch.compile(both, backend="aot_eager_decomp_partition", fullgraph=True)(x)
    assert 100 < int((one != other).sum()) < 300
    assert set(one.tolist()) == {0.0, 2.0}
    one.sum().backward()
    assert torch.equal(x.grad, one)


def test_what_a_gpu_can_do_is_part_of_a_program(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    multiply = torch.compile(
        lambda x: x * capability.compute_capability(x.device)[0], backend="eager", fullgraph=True, dynamic=True
    )
    assert multiply(torch.ones(2)).tolist() == [9.0, 9.0]


def test_without_a_compiler(tiny_models: dict[str, Path], pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    cells = [make_cell("bert", lora("bert"), tiny_models["bert"], CELLS[0])]
    with pytest.raises(UserError, match=r"fused\.compile=blocks on a CPU needs a C\+\+ compiler"):
        fitted(cells, pool, compile_blocks=True)
