"""Fused cells leave records, models and failures as single ones do."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import peft
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from bench.cell import Cell
from bench.compose import to_cell
from bench.methods.fitted import Context
from bench.methods.fused import capacity, loop
from bench.methods.fused.stack import Unfusable
from bench.models.estimate import OVERHEAD
from bench.models.tensors import Estimate
from bench.results import store
from bench.results.record import Record, Status
from bench.running import measuring
from bench.running.meter import Reading
from bench.running.run import MODEL, NOBODY, run, run_cell
from bench.running.warm import Warm
from bench.settings import FusedConfig, Settings
from bench.sweep import worker
from bench.sweep.messages import Ended, Job, Split
from tests.conftest import MODEL_IDS
from tests.methods.fused.conftest import LABELS
from tests.methods.fused.test_equality import largest_difference
from tests.support import texts

TASKS: tuple[dict[str, Any], ...] = (
    {"num_labels": 2, "train_size": 16, "seed": 0},
    {"num_labels": 4, "train_size": 20, "seed": 1, "training": {"evaluate_train": True, "min_steps": 8}},
    {"num_labels": 2, "train_size": 30, "seed": 0},
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    texts.topics(60, labels=LABELS).to_csv(tmp_path / "topics.csv", index=False)
    return tmp_path / "topics.csv"


def make_cell(data: Path, family: str, task: dict[str, Any], method: str = "lora", **training: Any) -> Cell:
    """A cell of a family whose models come without dropout."""
    options = {"learning_rate": 1e-2, "num_train_epochs": 2, "per_device_train_batch_size": 4, **training}
    return to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(data)},
            "split": {"name": "nested"},
            "model": {"name": f"tiny-{family}", "family": family, "source": "hub", "id": MODEL_IDS[family]},
            "method": {"name": method, "r": 4, "dropout": 0.0},
            "training": {"precision": "bf16" if method == "qlora" else "fp32"} | options | task.get("training", {}),
            **{axis: task[axis] for axis in ("num_labels", "train_size", "seed")},
        }
    )


def settings(mirror: Path, folder: Path, **options: Any) -> Settings:
    return Settings(results_dir=str(folder), mirror_dir=str(mirror), device="cpu", **options)


def measured(record: Record) -> dict[str, Any]:
    """What must be as in a record of the cell alone."""
    assert record.measurements is not None
    content = record.measurements.model_dump(exclude={"seconds", "throughput", "fused"})
    assert content["memory"].pop("peak_process") > 0
    return content | {"configuration": record.configuration.model_dump(), "key": record.key}


def test_records_are_those_of_single_cells(data: Path, mirror: Path, tmp_path: Path) -> None:
    cells = [make_cell(data, "llama", task) for task in TASKS]
    warm = Warm()
    records = run(cells, settings(mirror, tmp_path / "fused"), warm=warm)
    for cell, record in zip(cells, records, strict=True):
        assert record.status is Status.OK, record.failure
        assert record == store.read(cell.folder(tmp_path / "fused"))
        alone = run_cell(cell, settings(mirror, tmp_path / "alone"), warm=warm)
        assert largest_difference(measured(alone), measured(record)) < 1e-4
        assert record.measurements.fused.cells == 3
        assert alone.measurements.fused is None
        frames = [
            store.read_predictions(cell.folder(tmp_path / name), r) for name, r in (("alone", alone), ("fused", record))
        ]
        pd.testing.assert_frame_equal(*(frame.drop(columns="probabilities") for frame in frames))
    seconds = [record.measurements.seconds for record in records]
    assert all(each.total >= each.load_data + each.load_model + each.train + each.evaluate for each in seconds)
    assert seconds[1].train > seconds[0].train, "by what they trained on"


def test_a_record_says_that_blocks_were_compiled(
    data: Path, mirror: Path, tmp_path: Path, programs: Callable[[], int]
) -> None:
    cells = [make_cell(data, "llama", task) for task in TASKS[:2]]
    for how, expected in (("none", False), ("blocks", True)):
        options = settings(mirror, tmp_path / how, fused=FusedConfig(compile=how))
        records = run(cells, options)
        assert [record.measurements.fused.compiled for record in records] == [expected] * 2
        assert (programs() > 0) is expected
        assert [record.key for record in records] == [cell.key for cell in cells]


def test_energy_is_shared_by_time(data: Path, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell of a stack has its part of what the stack used; one alone has all of it."""
    reading = Reading(peak_process=1, peak_device=2, reserved_device=3, energy_joules=90.0)
    monkeypatch.setattr(measuring, "Meter", lambda device: SimpleNamespace(read=lambda: reading))
    cells = [make_cell(data, "llama", task) for task in TASKS]
    measured = [record.measurements for record in run(cells, settings(mirror, tmp_path / "fused"))]
    assert sum(each.energy_joules for each in measured) == pytest.approx(90.0)
    joules_per_second = {round(each.energy_joules / each.seconds.total, 6) for each in measured}
    assert len(joules_per_second) == 1
    assert [each.memory.peak_device for each in measured] == [2, 2, 2], "the stack's, as `fused` tells"
    alone = run_cell(cells[0], settings(mirror, tmp_path / "alone"))
    assert alone.measurements.energy_joules == 90.0


@pytest.mark.parametrize("family", ["llama", "gpt2"])
@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_a_saved_adapter_loads_in_plain_peft(
    family: str, method: str, data: Path, mirror: Path, tmp_path: Path
) -> None:
    cells = [make_cell(data, family, task, method) for task in TASKS[:2]]
    records = run(cells, settings(mirror, tmp_path / "fused", save_model=True))
    for cell, record in zip(cells, records, strict=True):
        assert record.status is Status.OK, record.failure
        folder = cell.folder(tmp_path / "fused")
        kept = store.read_predictions(folder, record)
        kept = kept[kept["split"] == "test"]
        by_text = pd.read_csv(data)["text"]
        tokenizer = AutoTokenizer.from_pretrained(folder / MODEL)
        base = AutoModelForSequenceClassification.from_pretrained(
            mirror / "models" / MODEL_IDS[family], num_labels=cell.task.num_labels, dtype=torch.float32
        )
        base.config.pad_token_id = tokenizer.pad_token_id
        model = peft.PeftModel.from_pretrained(base, folder / MODEL).eval()
        with torch.inference_mode():
            batch = tokenizer(
                [by_text[int(name.rpartition(":")[2])] for name in kept["id"]], return_tensors="pt", padding=True
            )
            found = model(**batch, use_cache=False).logits.softmax(-1).numpy()
        # a base that is not in 4 bits gives somewhat other numbers than the one it was trained on
        assert np.abs(found - np.stack(kept["probabilities"])).max() < (1e-4 if method == "lora" else 0.15)


def test_a_failure_of_one_leaves_the_others_as_they_are(data: Path, mirror: Path, tmp_path: Path) -> None:
    good = make_cell(data, "llama", TASKS[0])
    diverging = make_cell(data, "llama", TASKS[1], learning_rate=1e30, max_grad_norm=1e30, weight_decay=0.0)
    infeasible = make_cell(data, "llama", TASKS[0] | {"train_size": 10_000})
    records = run([diverging, good, infeasible], settings(mirror, tmp_path / "fused"))
    assert [record.status for record in records] == [Status.DIVERGED, Status.OK, Status.SKIPPED]
    assert "step" in records[0].failure.message
    assert records[1].measurements.fused.cells == 2
    alone = run_cell(good, settings(mirror, tmp_path / "alone"))
    assert largest_difference(measured(alone), measured(records[1])) < 1e-4


@pytest.mark.parametrize("fit", [0, 1, 2, 3, 7])
def test_memory_bounds_a_stack(
    fit: int, data: Path, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the weights once and the rest of each cell. A worker says how many fit, and has begun nothing."""
    sizes = Estimate(weights=10**9, trained=2 * 10**8, activations=3 * 10**8)
    asked = []
    monkeypatch.setattr(capacity, "estimate_cell", lambda *_, tokens: asked.append(tokens) or sizes)
    monkeypatch.setattr(capacity, "available_memory", lambda: int(OVERHEAD) + 10**9 + fit * 5 * 10**8 + 7)
    real = capacity.max_stack_size
    as_on_gpu = lambda cells, splits, context: real(cells, splits, replace(context, device="cuda"))  # noqa: E731
    monkeypatch.setattr(capacity, "max_stack_size", as_on_gpu)
    cells = [make_cell(data, "llama", {**TASKS[0], "seed": seed}, min_steps=1, num_train_epochs=1) for seed in range(3)]
    monkeypatch.setattr(worker, "_log_to", lambda folder: folder.mkdir(parents=True))  # the tests' own output stays
    answers = worker._run(Job(tuple(cells), settings(mirror, tmp_path / "fused")), NOBODY, Warm())
    if fit < 3:
        most = max(fit, 1)
        assert answers == [Split(f"{most} cells fit in one stack", most=most, begun=False)]
        assert not list(store.scan(tmp_path / "fused"))
    else:
        assert answers == [Ended("ok")] * 3
        records = [store.read(cell.folder(tmp_path / "fused")) for cell in cells]
        assert [record.measurements.fused.cells for record in records] == [3, 3, 3]
    assert max(asked) < 40, "tokens of texts as they are, not of the longest that there may be"


def test_a_cell_is_reckoned_with_its_batch_of_most_tokens(
    data: Path, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For stacks have no padding. Drawing with replacement may take the longest text again and again."""
    asked: list[int] = []
    monkeypatch.setattr(capacity, "estimate_cell", lambda *_, tokens: asked.append(tokens))
    lengths = {"train": [9, 3, 3, 5, 4, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3], "validation": [2] * 30, "test": [6] * 40}
    monkeypatch.setattr(capacity, "num_tokens", lambda length: length)
    monkeypatch.setattr(capacity, "Encoder", lambda *_: lambda part: lengths[part])
    names = SimpleNamespace(**{name: name for name in lengths})
    monkeypatch.setattr(capacity, "scored_sets", lambda *_: ("validation", "test"))
    config = {"min_steps": 1, "per_device_train_batch_size": 2, "per_device_eval_batch_size": 3}
    context = Context(cache=tmp_path, mirror_dir=settings(mirror, tmp_path).mirror_dir, device="cuda")
    for options, expected in (({}, 7), ({"class_weight": "oversample"}, 9), ({"per_device_train_batch_size": 4}, 6)):
        cell = make_cell(data, "llama", TASKS[0], **config | options)
        assert capacity.max_stack_size([cell, cell], [names, names], context) == 2
        assert asked[-1] == expected


@pytest.mark.parametrize(
    "failure",
    [(torch.OutOfMemoryError("made up"), 2), (Unfusable("made up"), 1), (RuntimeError("made up"), None)],
)
def test_what_ends_all_of_them_leaves_no_record(
    failure: tuple[Exception, int | None], data: Path, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep is told how many cells may be in a stack from now on."""
    error, most = failure
    cells = [make_cell(data, "llama", {**TASKS[0], "seed": seed}) for seed in range(4)]

    def train(*_: Any) -> None:
        raise error

    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setattr(worker, "_log_to", lambda folder: folder.mkdir(parents=True))  # the tests' own output stays
    warm = Warm()
    job = Job(tuple(cells), settings(mirror, tmp_path / "fused"))
    (answer,) = worker._run(job, NOBODY, warm)
    assert answer == Split(f"{type(error).__name__}: made up", most=most)
    assert not list(store.scan(tmp_path / "fused"))
    assert warm.base.held is None
