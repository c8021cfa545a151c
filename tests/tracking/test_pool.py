"""Cells of the pool whose worker can't write a record: the run that it began is found again, and ends as failed."""

import os
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bench.compose import to_cell
from bench.running.observers import FIRST_PHASE, Observers
from bench.settings import Settings
from bench.sweep import handle, worker
from bench.sweep.messages import Ended, Job
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, Slot
from tests.test_cell import BASELINE, content
from tests.tracking.readers import events

NAMES = ("tensorboard", "mlflow")


def serve_faults(connection: Connection, slot: Slot, parent: int) -> None:
    """In the worker process: the real loop over jobs, with faults in the place of models."""
    worker._run = run_fault
    worker.serve(connection, slot, parent)


def run_fault(job: Job, observer: Observers, *_: object) -> Sequence[Ended]:
    (cell,) = job.cells
    observer.on_phase(cell, FIRST_PHASE)
    for name in NAMES:  # until both have begun
        notes = Path(job.settings.results_dir, "trackers", name, "open")
        while not (notes.is_dir() and list(notes.iterdir())):
            time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGKILL)
    return [Ended("ok")]


def test_a_run_of_a_worker_that_is_gone_ends_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow.tracking import MlflowClient

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(handle, "serve", serve_faults)
    settings = Settings(results_dir=str(tmp_path), device="cpu", tracker=NAMES, name="faults")
    cell = to_cell(content(model=BASELINE))
    with Progress([cell]) as progress:
        run_pool([cell], settings, progress, {cell.key: None}, PoolOptions())
    said = capsys.readouterr()
    assert "warning: tracker" not in said.out + said.err
    client = MlflowClient(f"sqlite:///{tmp_path / 'trackers/mlflow/mlflow.db'}")
    experiment = client.get_experiment_by_name("faults")
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_name, run.info.status, run.data.tags["status"]) == (cell.key, "FAILED", "crashed")
    assert run.data.params["seed"] == str(cell.task.seed), "it is the run that the worker began"
    found = events(tmp_path / "trackers/tensorboard/faults" / cell.key)
    assert found.is_ok is False
    assert found.texts["status"].startswith("crashed")
    assert found.params["seed"] == cell.task.seed
    assert not [path for name in NAMES for path in (tmp_path / "trackers" / name / "open").iterdir()]
