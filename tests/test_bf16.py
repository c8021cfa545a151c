"""A CPU without fast bf16: what is bf16 by default is computed in fp32 there, by every method, under the same key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.results.record import Record, Status
from bench.running import bf16, precision
from bench.running.run import run as run_all
from bench.running.run import run_cell
from bench.settings import Settings
from tests.conftest import MODEL_IDS
from tests.support import texts

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "qlora": ("bert", {"name": "qlora", "r": 4}),
    "lora": ("llama", {"name": "lora", "r": 4}),
    "full": ("llama", {"name": "full"}),
    "last_block": ("llama", {"name": "last_block", "model_dropout": 0.0}),
    "linear_probe": ("llama", {"name": "linear_probe"}),
    "zero_shot": ("llama", {"name": "zero_shot", "prompt": "Text: {text}\nTopic:"}),
}
"""All of them bf16 by default."""


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """This CPU, as if it had AVX2 and no more."""
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in bf16.MASKS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(bf16, "_flags", lambda: frozenset({"avx512_bf16"}))


@pytest.fixture
def dtypes(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Any]]:
    """The types of all products that are computed."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    found: set[Any] = set()

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = func(*args, **(kwargs or {}))
            if any(word in str(func) for word in ("mm", "linear", "attention")):
                found.update(part.dtype for part in args if isinstance(part, torch.Tensor))
            return result

    with Watch():
        yield found


def make(name: str, folder: Path, **asked: str) -> Cell:
    family, method = METHODS[name]
    path = folder / "topics.csv"
    texts.topics(20).to_csv(path, index=False)
    trains = name not in ("linear_probe", "zero_shot")
    return to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(path)},
            "split": {"name": "nested"},
            "model": {"name": f"tiny-{family}", "family": family, "source": "hub"}
            | {"id": MODEL_IDS.get(family, f"tiny/{family}")},
            "method": method | ({} if trains else asked),
            "training": {"num_train_epochs": 1, "learning_rate": 1e-2} | (asked if trains else {}),
            "num_labels": 2, "train_size": 8, "seed": 0,
        }
    )  # fmt: skip


def settings(folder: Path, mirror: Path, **options: Any) -> Settings:
    return Settings(
        results_dir=str(folder / "results"), mirror_dir=str(mirror), cache_dir=str(folder / "cache"), device="cpu",
        **options,
    )  # fmt: skip


def run(cell: Cell, folder: Path, mirror: Path) -> Record:
    record = run_cell(cell, settings(folder, mirror))
    assert record.status is Status.OK, record.failure
    return record


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("flags\t\t: fpu avx2 fma\n", False),
        ("processor: 0\nflags\t\t: fpu avx2 avx512f avx512_bf16\n", True),
        ("flags : avx2 amx_bf16\n", True),
        ("Features\t: fp asimd bf16 i8mm\n", True),
        ("Features\t: fp asimd\n", False),
        ("nothing of the kind\n", None),
        (None, None),
    ],
)
def test_flags(lines: str | None, expected: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cpuinfo"
    if lines is not None:
        path.write_text(lines)
    monkeypatch.setattr(bf16, "CPUINFO", path)
    bf16._flags.cache_clear()
    try:
        assert bf16.fast_by_flags({}) is expected
        assert bf16.fast_by_flags({"ONEDNN_MAX_CPU_ISA": "avx2"}) is False
        assert bf16.fast_by_flags({"ATEN_CPU_CAPABILITY": "avx2"}) is False
        assert bf16.fast_by_flags({"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_AMX"}) is expected
    finally:
        bf16._flags.cache_clear()


def test_without_flags_a_product_is_timed_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bf16, "fast_by_flags", lambda: None)
    monkeypatch.setattr(bf16, "_measured", lambda: False)
    assert not bf16.is_fast()


@pytest.mark.parametrize("name", METHODS)
def test_a_default_gives_way(name: str, slow: None, dtypes: set[Any], tmp_path: Path, mirror: Path) -> None:
    import torch

    cell = make(name, tmp_path)
    record = run(cell, tmp_path, mirror)
    assert precision.precision_of(cell) == "bf16"
    assert record.provenance.precision == "fp32"
    assert record.key == cell.key
    assert torch.float32 in dtypes
    assert torch.bfloat16 not in dtypes


@pytest.mark.parametrize("name", ["qlora", "linear_probe"])
def test_what_is_asked_holds_with_a_warning(
    name: str, slow: None, tmp_path: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = make(name, tmp_path, precision="bf16")
    assert cell.key == make(name, tmp_path).key, "the key does not know who chose"
    assert run(cell, tmp_path, mirror).provenance.precision == "bf16"
    assert "precision=bf16 holds, but this CPU has no fast bf16" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["qlora", "linear_probe"])
def test_a_fast_cpu_computes_as_the_cell_says(name: str, fast: None, tmp_path: Path, mirror: Path) -> None:
    assert run(make(name, tmp_path), tmp_path, mirror).provenance.precision == "bf16"


def test_fused_cells_too(slow: None, dtypes: set[Any], tmp_path: Path, mirror: Path) -> None:
    import torch

    cells = [make(name, tmp_path) for name in ("qlora", "qlora")]
    (first, second) = run_all(cells, settings(tmp_path, mirror))
    assert first.provenance.precision == second.provenance.precision == "fp32"
    assert first.key == cells[0].key
    assert torch.bfloat16 not in dtypes


def test_features_know_what_they_were_computed_in(
    fast: None, tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a fast CPU are none of a slow one's that shares its cache."""
    cell, options = make("linear_probe", tmp_path), settings(tmp_path, mirror, feature_cache_gb=1.0)

    def kinds() -> set[str]:
        run_cell(cell, options)
        return {path.name for path in (tmp_path / "cache" / "features").iterdir() if path.is_dir()}

    first = kinds()
    monkeypatch.setattr(bf16, "_flags", lambda: frozenset({"avx2"}))
    assert len(first) == 1
    assert len(kinds()) == 2


def test_a_plan_says_so(slow: None, tmp_path: Path) -> None:
    default, asked = make("qlora", tmp_path), make("qlora", tmp_path, precision="bf16")
    fp32 = make("qlora", tmp_path, precision="fp32")
    assert precision.plan_notice([fp32]) is None
    said = precision.plan_notice([default, asked, fp32])
    assert said is not None
    assert "no fast bf16: 1 of the cells are computed in fp32" in said
    assert "1 stay in bf16" in said


def test_a_kept_model_is_used_in_fp32(slow: None) -> None:
    assert precision.kept_precision("bf16", "cpu") == "fp32"
    assert precision.kept_precision("bf16", "cuda") == "bf16"
    assert precision.kept_precision("fp32", "cpu") == "fp32"
