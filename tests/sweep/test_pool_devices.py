"""The pool on a machine with GPUs (made up): a worker a device, and never two cells at once on one."""

import json
import os
import signal
import time
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell
from bench.config import DataConfig, NestedSplitConfig, Settings, TfidfSgdConfig
from bench.data.task import Task
from bench.devices import Gpu
from bench.results import store
from bench.results.record import Status
from bench.sweep import pool, worker
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress

GPUS = [Gpu(uuid=f"GPU-{i}{i}{i}{i}", name="A100", total_memory=80 << 30) for i in range(4)]
UUIDS = [gpu.uuid for gpu in GPUS]
NOTE = "note.json"

KILLED, QUITTING = 100, 101
"""Seeds of the cells that kill their worker, and that end it once they have answered."""


def serve_notes(connection: Connection, gpu: str | None) -> None:
    """In the worker process: the real loop over jobs, with notes in the place of models."""
    worker._run = take_note
    worker.serve(connection, gpu)


def take_note(job: worker.Job) -> str:
    started = time.monotonic()
    seed = job.cell.task.seed
    if seed == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    folder = job.cell.folder(job.settings.results_dir)
    folder.mkdir(parents=True)
    note = {"seed": seed, "devices": os.environ.get("CUDA_VISIBLE_DEVICES"), "process": os.getpid()}
    (folder / NOTE).write_text(json.dumps(note | {"started": started, "ended": time.monotonic()}))
    if seed == QUITTING:
        signal.setitimer(signal.ITIMER_REAL, 0.05)  # SIGALRM ends the process, a moment after its answer
    return "ok"


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four GPUs, as this process sees it."""
    monkeypatch.setattr(pool, "visible_gpus", lambda: GPUS)
    monkeypatch.setattr(pool, "serve", serve_notes)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "what the shell said")


def cell(seed: int) -> Cell:
    task = Task(
        data=DataConfig(name="d", source="hub"), num_labels=2, train_size=8, seed=seed, split=NestedSplitConfig()
    )
    return Cell(task=task, model=TfidfSgdConfig(name="t", family="tfidf_sgd"), method=None, training=None)


def run(seeds: list[int], folder: Path, device: Any = "auto") -> list[dict[str, Any]]:
    """Run cells of these seeds; what their workers noted, in the order of their start."""
    cells = [cell(seed) for seed in seeds]
    with Progress(cells) as progress:
        run_pool(cells, Settings(results_dir=str(folder), device=device), progress)
    assert progress.done == len(cells)
    notes = [json.loads(path.read_text()) for path in folder.rglob(NOTE)]
    return sorted(notes, key=lambda note: note["started"])


def test_every_device_has_a_worker_of_its_own(gpus: None, tmp_path: Path) -> None:
    notes = run(list(range(12)), tmp_path)
    assert sorted(note["seed"] for note in notes) == list(range(12))
    assert {note["devices"] for note in notes} == set(UUIDS)
    assert len({note["process"] for note in notes}) == 4, "workers stay"
    for uuid in UUIDS:
        of_device = [note for note in notes if note["devices"] == uuid]
        assert len({note["process"] for note in of_device}) == 1
        assert all(earlier["ended"] <= later["started"] for earlier, later in pairwise(of_device))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "what the shell said"


def test_no_more_workers_than_cells(gpus: None, tmp_path: Path) -> None:
    notes = run([0, 1], tmp_path)
    assert [note["devices"] for note in sorted(notes, key=lambda note: note["seed"])] == UUIDS[:2]


def test_on_the_cpu_one_worker_sees_the_devices_as_they_were(gpus: None, tmp_path: Path) -> None:
    notes = run([0, 1, 2], tmp_path, device="cpu")
    assert {note["devices"] for note in notes} == {"what the shell said"}
    assert len({note["process"] for note in notes}) == 1


def test_a_killed_worker_is_replaced_on_its_device(gpus: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "visible_gpus", lambda: GPUS[:1])
    notes = run([0, KILLED, 1, 2], tmp_path)
    assert [note["seed"] for note in notes] == [0, 1, 2]
    assert {note["devices"] for note in notes} == {UUIDS[0]}
    processes = [note["process"] for note in notes]
    assert processes[0] != processes[1] == processes[2]
    record = store.read(cell(KILLED).folder(tmp_path))
    assert record is not None
    assert record.status is Status.CRASHED
    assert record.failure is not None
    assert "SIGKILL" in record.failure.message


def test_a_worker_that_dies_between_cells_costs_none(
    gpus: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "visible_gpus", lambda: GPUS[:1])
    real = pool.Worker.receive

    def slow(self: pool.Worker) -> Status:
        status = real(self)
        time.sleep(0.3)  # meanwhile the process is gone
        return status

    monkeypatch.setattr(pool.Worker, "receive", slow)
    assert [note["seed"] for note in run([QUITTING, 0, 1], tmp_path)] == [QUITTING, 0, 1]
