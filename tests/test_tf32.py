"""On GPUs that have it, fp32 that nobody asked for is multiplied in TF32; a record says so, and what GPU it was."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from bench.cell import Cell
from bench.compose import to_cell
from bench.methods import training
from bench.methods.trunk import _kind
from bench.results.record import Status, parse
from bench.running import measuring, memory, meter, precision, provenance, recording
from bench.running.devices import Gpu
from bench.running.observers import Observer
from bench.running.run import run_cell
from bench.settings import Settings
from tests.support import texts
from tests.support.cells import on_topics
from tests.test_cell import content

TURING, AMPERE, UNKNOWN = (Gpu(name, name, 1 << 34, shown) for name, shown in
                           (("T4", (7, 5)), ("A100", (8, 0)), ("chip", None)))  # fmt: skip


def cell(family: str = "bert", method: str = "lora", **options: object) -> Cell:
    return to_cell(content(model__family=family, method={"name": method}, training=options))


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Which GPUs have bf16 is asked once a process; what is multiplied how is the process', too."""
    precision._has_bf16.cache_clear()
    yield
    precision._has_bf16.cache_clear()
    torch.backends.cuda.matmul.allow_tf32 = False


@pytest.mark.parametrize(
    ("gpu", "cells", "used"),
    [
        (AMPERE, [cell()], True),
        (AMPERE, [cell(method="full"), cell(method="linear_probe")], True),
        (UNKNOWN, [cell()], True),
        (TURING, [cell()], False),
        (AMPERE, [cell("llama")], False),  # bf16
        (AMPERE, [cell(precision="fp32")], False),  # asked for
        (AMPERE, [cell(), cell(precision="fp32")], False),
    ],
)
def test_where_it_is_used(gpu: Gpu, cells: list[Cell], used: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "visible_gpus", lambda: [gpu])
    assert precision.uses_tf32([precision.as_computed(each, "cuda") for each in cells], "cuda") is used
    assert precision.uses_tf32(cells, "cpu") is None


def test_torch_is_told_for_each_cell(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts.topics(30).to_csv(tmp_path / "topics.csv", index=False)
    made = on_topics(tmp_path / "topics.csv", "bert", {"name": "lora"}, {"num_train_epochs": 1}, train_size=8)
    found, runs, train = [], [], training.train
    finished = recording.finished

    def watched(trained: training.Trained) -> object:
        found.append(torch.backends.cuda.matmul.allow_tf32)
        return train(trained)

    def remember(run: recording.Run) -> object:
        runs.append(run)
        return finished(run)

    monkeypatch.setattr(training, "train", watched)
    monkeypatch.setattr("bench.running.run.finished", remember)
    for used in (True, False, None):
        monkeypatch.setattr(measuring, "uses_tf32", lambda cells, device, used=used: used)
        folders = {"results_dir": str(tmp_path / str(used)), "cache_dir": str(tmp_path / "cache")}
        record = run_cell(made, Settings(**folders, mirror_dir=str(mirror), device="cpu"))
        assert record.status is Status.OK, record.failure
        assert record.provenance.attention == "sdpa"
        assert record.provenance.gpu is None
    assert found == [True, False, False]
    assert [run.tf32 for run in runs] == [True, False, None]


def test_what_comes_after_a_cell_is_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        assert torch.backends.cuda.matmul.allow_tf32
        raise ValueError("made up")

    monkeypatch.setattr(measuring, "_measure", fails)
    for device, after in (("cpu", True), ("cuda", False)):
        measuring.set_tf32(True)
        with pytest.raises(ValueError, match="made up"):
            measuring.measure([], SimpleNamespace(device=device), Observer(), started="", engine="single")
        assert torch.backends.cuda.matmul.allow_tf32 is after


def test_features_in_tf32_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A100")
    model = SimpleNamespace(config=SimpleNamespace(_attn_implementation="sdpa"))
    files = SimpleNamespace(content="sha", model=SimpleNamespace(family="bert", name="tiny"))
    kinds = {}
    for device in ("cpu", "cuda"):
        for used in (False, True):
            measuring.set_tf32(used)
            kinds[device, used] = _kind(model, files, device, {})
    assert len(set(kinds.values())) == 3
    assert kinds["cpu", True] == kinds["cpu", False]


def test_a_record_says_what_gpu_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    slice_ = Gpu("MIG-1", "NVIDIA A100-SXM4-80GB MIG 1g.10gb", 1 << 33, (8, 0))
    monkeypatch.setattr(provenance, "visible_gpus", lambda: [slice_])
    monkeypatch.setattr(provenance, "driver_version", lambda: "580.95.05")
    monkeypatch.setattr(provenance, "power_limit", lambda gpu: 400.0 if gpu is slice_ else None)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    made = provenance.provenance(started=provenance.now(), device="cuda", tf32=True)
    assert made.gpu is not None
    assert made.gpu.model_dump() == {
        "driver": "580.95.05", "cuda": "13.0", "capability": "8.0", "power_limit_watts": 400.0,
        "mig_profile": "1g.10gb", "tf32": True,
    }  # fmt: skip
    assert provenance.provenance(started=provenance.now(), device="cpu").gpu is None
    failed = recording.failed(cell(), Status.ERROR, ValueError("x"), provenance.now(), "cuda")
    assert parse(failed.to_json()) == failed
    assert failed.provenance.gpu is not None
    assert (failed.provenance.gpu.driver, failed.provenance.gpu.tf32) == ("580.95.05", None)


def test_a_gpu_of_which_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "visible_gpus", list)
    monkeypatch.delitem(provenance.sys.modules, "torch")
    assert set(provenance.gpu_setup(None).model_dump().values()) == {None}


def test_memory_that_torch_holds_is_told_from_what_tensors_take(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory.reserved_device() is None
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 5)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 8)
    assert (memory.peak_device(), memory.reserved_device()) == (5, 8)


@pytest.mark.parametrize(
    ("counts", "joules"), [([1500.0, 1512.5], 12.5), ([None], None), ([1500.0, None], None)], ids=str
)
def test_a_meter_reads_what_was_taken_since_it_began(
    counts: list[float | None], joules: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = iter(counts)
    monkeypatch.setattr(meter, "energy_counter", lambda: next(counter))
    assert meter.Meter("cpu").read().energy_joules is None, "and nothing was asked"
    begun: list[bool] = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: begun.append(True))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 5)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 8)
    reading = meter.Meter("cuda").read()
    assert (reading.peak_device, reading.reserved_device, reading.energy_joules) == (5, 8, joules)
    assert begun == [True]
    assert next(counter, "all read") == "all read"
