"""What an array task does on its node."""

import os
import signal
import threading
from pathlib import Path

import pytest

from bench.results import store
from bench.results.claims import Claims, cluster_job
from bench.results.record import Status
from bench.sweep.slurm import submission, task
from tests.sweep.slurm.jobs import cells, leave_record, settings


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> str:
    """This process looks like an array task."""
    for name, value in {"ARRAY_JOB_ID": "12", "ARRAY_TASK_ID": "3", "JOB_ID": "15", "CPUS_PER_TASK": "1"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    return "12_3"


def test_a_task_runs_what_nobody_has_run_or_is_running(
    tmp_path: Path, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, (done, claimed, own, free) = settings(tmp_path), cells(4)
    stamps = {cell.key: submission.stamp(cell.folder(given.results_dir)) for cell in (done, claimed, own, free)}
    leave_record(done, given)
    ran: list[int] = []
    monkeypatch.setattr(task, "run_pool", lambda todo, *_: ran.extend(cell.task.seed for cell in todo))
    with Claims(given.results_dir, job="11") as other, Claims(given.results_dir) as before:
        assert before.job == cluster_job() == job
        assert other.take(claimed.folder(given.results_dir), device="")
        assert before.take(own.folder(given.results_dir), device="")  # by this job, before it was requeued
        task.run_task([done, claimed, own, free], stamps, given, tmp_path)
    assert ran == [2, 3]
    assert (tmp_path / f"{job}.ended").read_text() == task.DONE
    assert (tmp_path / f"{job}.started").exists()
    assert (tmp_path / f"{job}.alive").exists()


def test_a_task_that_is_told_to_end_says_so(tmp_path: Path, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given, (one,) = settings(tmp_path), cells(1)
    monkeypatch.setattr(task, "run_pool", lambda *_: os.kill(os.getpid(), signal.SIGUSR2))
    before = signal.getsignal(signal.SIGUSR2)
    task.run_task([one], {one.key: None}, given, tmp_path)
    assert (tmp_path / f"{job}.ended").read_text() == "SIGUSR2"
    assert signal.getsignal(signal.SIGUSR2) is before


@pytest.mark.parametrize("ending", [True, False])
def test_a_worker_that_slurm_ended_with_the_job_is_no_crash_of_its_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: bool
) -> None:
    monkeypatch.setattr(task, "SECOND_THOUGHT", 5.0 if ending else 0.01)
    given, (one,) = settings(tmp_path), cells(1)
    leave_record(one, given, Status.CRASHED)
    progress = task.TaskProgress([one], given)
    if not ending:
        progress.advance(one, Status.CRASHED)
        assert store.status(one.folder(given.results_dir)) is Status.CRASHED
        return
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
    with task.told_when_ending():
        timer.start()
        with pytest.raises(task.JobEnds, match="SIGTERM"):
            progress.advance(one, Status.CRASHED)
    assert store.status(one.folder(given.results_dir)) is None
