"""Observers are told of every step and every record, in the process that is documented; and they cost no cell."""

import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.results import store
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep import handle, worker
from bench.sweep.messages import Ended, Job
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, Slot
from tests.support import texts
from tests.support.cli import REPOSITORY, bench, call
from tests.test_cell import BASELINE, content

NOTING = """
import json, multiprocessing, os
from pathlib import Path
from bench.running.observers import Observer

class Noting(Observer):
    def __init__(self, settings):
        self.file = Path(settings.results_dir, "notes.jsonl")

    def note(self, hook, cell, **what):
        where = "command" if multiprocessing.parent_process() is None else "worker"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as file:
            line = {"hook": hook, "where": where, "process": os.getpid(), "key": cell and cell.key, **what}
            file.write(json.dumps(line) + "\\n")

    def on_phase(self, cell, what):
        self.note("phase", cell, what=what)

    def on_step(self, cell, step, max_steps, loss):
        self.note("step", cell, step=step, max_steps=max_steps, loss=loss)

    def on_record(self, cell, folder, record):
        assert json.loads((folder / "record.json").read_text())["key"] == cell.key == record.key
        self.note("record", cell, status=record.status.value, folder=str(folder))

    def close(self):
        self.note("close", None)

def observer(settings):
    return Noting(settings)
"""
RAISING = """
from bench.running.observers import Observer

class Raising(Observer):
    def on_phase(self, cell, what):
        raise SystemExit(7)

    def on_step(self, *_):
        raise ValueError("no step is safe")

    def on_record(self, *_):
        raise OSError("no record is safe")

    def close(self):
        raise RuntimeError("nor the end")

def observer(settings):
    return Raising()
"""
KILLED, HANGING = 100, 101
"""Seeds of cells with which a worker is killed, or hangs."""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on Python's path with observers that somebody made."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "noting.py").write_text(NOTING)
    (folder / "raising.py").write_text(RAISING)
    (folder / "empty.py").write_text("")
    (folder / "other.py").write_text("def observer(settings):\n    return 7\n")
    (folder / "needy.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.syspath_prepend(folder)
    return folder


def notes(folder: Path, hook: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "notes.jsonl").read_text().splitlines()]
    return [line for line in lines if line["hook"] == hook]


TRAINING = ("training.num_train_epochs=2", "training.per_device_train_batch_size=4")


def words(folder: Path) -> tuple[str, ...]:
    texts.topics(60).to_csv(folder / "topics.csv", index=False)
    return (
        "data=file", "data.name=topics", f"data.path={folder / 'topics.csv'}", "num_labels=2", "device=cpu",
    )  # fmt: skip


def test_a_sweep_tells_every_step_and_every_record(modules: Path, mirror: Path, tmp_path: Path) -> None:
    """Of fused cells, of a baseline and of a task that can't be; an observer that raises costs them nothing."""
    ended = bench(
        "-m", *words(tmp_path), *TRAINING, "model=bert_base,tfidf_sgd", "train_size=16,20000", "seed=0,1",
        "engine=fused", f"mirror_dir={mirror}", "observers=[noting,raising]", folder=tmp_path, light=True, timeout=400,
        env={"PYTHONPATH": str(modules)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr + ended.stdout
    folders = {path: store.read(path) for path in store.scan(tmp_path / "results")}
    records = {record.key: record for record in folders.values() if record is not None}
    told = notes(tmp_path / "results", "record")
    assert {line["key"]: line["status"] for line in told} == {key: one.status.value for key, one in records.items()}
    assert Counter(one.status for one in records.values()) == {Status.OK: 4, Status.SKIPPED: 4}
    assert len(told) == 8, "each once"
    assert {line["folder"] for line in told} == {str(folder) for folder in folders}
    assert {line["where"] for line in told} == {"worker"}
    fused = [key for key, one in records.items() if one.measurements and one.measurements.fused]
    assert len(fused) == 2
    for key in fused:
        lines = [line for line in notes(tmp_path / "results", "step") if line["key"] == key]
        training = records[key].measurements.training
        steps = [(line["step"], line["max_steps"]) for line in lines]
        assert steps == [(step, training.max_steps) for step in range(1, training.steps + 1)]
        assert lines[0]["loss"] is None, "none was logged yet"
        assert lines[-1]["loss"] is not None
        phases = [line["what"] for line in notes(tmp_path / "results", "phase") if line["key"] == key]
        assert phases == [
            "loading data", "loading the model", "evaluating the untrained model", "training", "evaluating",
        ]  # fmt: skip
    assert {line["where"] for line in notes(tmp_path / "results", "close")} == {"command", "worker"}
    warnings = re.findall(r"^warning: .*", ended.stdout + ended.stderr, re.MULTILINE)
    assert warnings == ["warning: observer raising.Raising failed in on_phase, which costs no cell (SystemExit: 7)"]


def test_a_single_cell_tells_them_in_its_own_process(modules: Path, mirror: Path, tmp_path: Path) -> None:
    ended = bench(
        *words(tmp_path), *TRAINING, "model=bert_base", "train_size=16", f"mirror_dir={mirror}",
        "observers=[raising,noting]", folder=tmp_path, timeout=400, env={"PYTHONPATH": str(modules)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    (folder,) = store.scan(tmp_path / "results")
    record = store.read(folder)
    steps = [line["step"] for line in notes(tmp_path / "results", "step")]
    assert steps == list(range(1, record.measurements.training.steps + 1))
    assert len(steps) > 1
    (told,) = notes(tmp_path / "results", "record")
    assert (told["key"], told["status"], told["where"]) == (record.key, "ok", "command")
    assert len(notes(tmp_path / "results", "close")) == 1
    assert ended.stderr.count("warning: observer raising.Raising failed in ") == 1


def serve_faults(connection: Connection, slot: Slot, parent: int) -> None:
    """In the worker process: the real loop over jobs, with faults in the place of models."""
    worker._run = run_fault
    worker.serve(connection, slot, parent)


def run_fault(job: Job, *_: object) -> Sequence[Ended]:
    seed = job.cells[0].task.seed
    if seed == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    if seed == HANGING:
        time.sleep(60)
    return [Ended("ok")]


def cell(seed: int) -> Cell:
    return to_cell(content(seed=seed, model=BASELINE))


def test_the_parent_tells_the_records_that_it_writes(
    modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the place of workers that can't."""
    monkeypatch.setattr(handle, "serve", serve_faults)
    killed, hanging = cell(KILLED), cell(HANGING)
    settings = Settings(results_dir=str(tmp_path), device="cpu", observers=("noting",))
    for cells, given in (([cell(0), killed], settings), ([hanging], replace(settings, timeout_minutes=1 / 60))):
        with Progress(cells) as progress:
            run_pool(cells, given, progress, {each.key: None for each in cells}, PoolOptions())
    told = {line["key"]: line for line in notes(tmp_path, "record")}
    assert {key: line["status"] for key, line in told.items()} == {killed.key: "crashed", hanging.key: "timeout"}
    assert {line["process"] for line in told.values()} == {os.getpid()}
    assert {store.status(Path(line["folder"])) for line in told.values()} == {Status.CRASHED, Status.TIMEOUT}


def test_a_worker_that_has_no_such_module_warns_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command had it; the machine of the worker may be another one."""
    monkeypatch.setattr(handle, "serve", serve_faults)
    cells = [cell(seed) for seed in range(2)]
    settings = Settings(results_dir=str(tmp_path), device="cpu", observers=("gone",))
    with Progress(cells) as progress:
        run_pool(cells, settings, progress, {each.key: None for each in cells}, PoolOptions())
        assert progress.done == 2
    assert capsys.readouterr().out.count("warning: observers=gone cannot be had") == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", "observers=nowhere cannot be had (ModuleNotFoundError: No module named 'nowhere')"),
        ("needy", "observers=needy cannot be had (ModuleNotFoundError: No module named 'nowhere_to_be_found')"),
        ("empty", "observers=empty cannot be had (AttributeError: module 'empty' has no attribute 'observer')"),
        ("other", "observers=other: its function observer gives no bench.running.observers.Observer"),
        ("'..'", "observers=.. cannot be had"),
    ],
)
def test_one_that_cannot_be_had_is_refused_before_anything_is_run(
    name: str, reason: str, modules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("model=tfidf_sgd", "train_size=16", f"results_dir={tmp_path / 'results'}", f"observers=[{name}]")
    for sweep in ((), ("-m",)):
        assert call(*sweep, *words(tmp_path), *options) == 2
        said = capsys.readouterr()
        assert said.err.startswith(f"error: {reason}")
        assert said.err.count("\n") == 1
    assert not list(store.scan(tmp_path / "results"))


def test_records_are_written_by_one_function() -> None:
    """Which tells observers: whoever else called `store.write` would keep a record from them."""
    calls = [
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "bench").rglob("*.py")
        if re.search(r"\bstore\.write\(", path.read_text(encoding="utf-8"))
        or re.search(r"results\.store import .*\bwrite\b", path.read_text(encoding="utf-8"))
    ]
    assert calls == ["bench/running/observers.py"]
