"""How many cells go in one stack with `fused.max_cells=auto`."""

import sys
from pathlib import Path
from typing import Literal

import pytest

from bench.compose import to_cell
from bench.models.estimate import OVERHEAD, num_fitting
from bench.models.tensors import Estimate
from bench.settings import FusedConfig, Settings
from bench.sweep import slots, stacks
from bench.sweep.runners import pool
from bench.sweep.slots import PoolOptions
from tests.support.cli import call
from tests.sweep import simulated
from tests.sweep.test_plan import GPUS
from tests.test_cell import content

GB = 10**9
SIZE = Estimate(weights=2 * GB, trained=GB // 8, activations=GB - GB // 8)
AUTO = FusedConfig()


@pytest.mark.parametrize(
    ("memory", "fit"), [(int(OVERHEAD) + 2 * GB + 5 * GB, 5), (int(OVERHEAD) + 2 * GB + 5 * GB - 1, 4), (GB, 1)]
)
def test_weights_are_there_once(memory: int, fit: int) -> None:
    assert num_fitting([SIZE, SIZE], memory) == fit


@pytest.mark.parametrize(
    ("device", "memory", "most"),
    [("cpu", None, 8), ("cuda", 24 * GB, 21), ("cuda", 8 * GB, 5), ("cuda", 192 * GB, 64), ("cuda", None, 64)],
)
def test_as_many_as_memory_holds(
    device: Literal["cpu", "cuda"], memory: int | None, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(stacks, "estimate_cell", lambda *_, tokens: asked.append(tokens) or SIZE)
    cell = to_cell(content())
    assert stacks.max_cells(cell, AUTO, device, memory) == most
    assert stacks.max_cells(cell, FusedConfig(max_cells=12), device, memory) == 12
    assert set(asked) <= {stacks.SHORT_TEXT}, "texts may be short: a worker counts tokens"


def test_a_model_of_unknown_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "estimate_cell", lambda *_, tokens: None)
    cell = to_cell(content())
    assert stacks.max_cells(cell, AUTO, "cuda", 192 * GB) == 8


def test_workers_that_share_a_gpu_share_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:1])
    assert [slot.memory for slot in slots.slots(PoolOptions(per_device=2), Settings(device="cuda"))] == [12 * GB] * 2


def test_a_plan_says_it(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*more: str) -> str:
        return simulated.said("plan", [*words, "model=bert_base,tfidf_sgd", *more], tmp_path, capsys)

    assert "at once" not in said("device=cpu")
    fused = "engine=fused"
    assert "Like cells go up to 8 at once through one model (fused.max_cells=auto)." in said(fused, "device=cpu")
    assert "up to 5 at once through one model (fused.max_cells=5)" in said(fused, "fused.max_cells=5")
    blocks = "A worker compiles the transformer blocks of a model once (fused.compile=blocks)."
    assert blocks not in said(fused, "device=cpu")
    assert blocks in said(fused, "device=cpu", "fused.compile=blocks")
    assert "Like cells go through one model at once, up to 64, as GPUs have memory." in said(fused, "device=cuda")
    monkeypatch.setattr(stacks, "estimate_cell", lambda *_, tokens: SIZE)
    monkeypatch.setattr(pool, "visible_gpus", lambda: GPUS)
    assert "Like cells go through one model at once, by arithmetic for long texts up to: bert_base lora 21." in said(
        fused
    )
    assert "up to: bert_base lora 9." in said(fused, "hydra.launcher.per_device=2")
    assert "at once" not in said("hydra.launcher.per_device=2")


def test_a_sweep_without_a_compiler_ends_before_it_begins(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert call(*words, "model=minilm", "method=lora", "engine=fused", "fused.compile=blocks", "device=cpu") == 2
    said = capsys.readouterr().err
    assert "error: fused.compile=blocks on a CPU needs a C++ compiler (g++ or clang++, or CXX)" in said


def test_a_sweep_that_cannot_keep_what_it_compiles_ends_before_it_begins(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CXX", sys.executable)  # it only has to be there
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert call(*words, "model=minilm", "method=lora", "engine=fused", "fused.compile=blocks", "device=cpu") == 2
    assert f"TORCHINDUCTOR_CACHE_DIR={tmp_path}/file/cache, which cannot be written: " in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "all", "1001", "1.5", "null"])
def test_other_words_are_refused(value: str, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert call(*words, "engine=fused", f"fused.max_cells={value}") == 2
    said = capsys.readouterr().err
    assert f"fused.max_cells={'None' if value == 'null' else value}: " in said
    assert "(auto: as many as memory holds)" in said
    assert said.count("fused.max_cells") == 1
