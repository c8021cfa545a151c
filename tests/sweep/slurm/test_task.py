"""What an array task does on its node."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.cell import Cell
from bench.results import store
from bench.results.claims import Claims, cluster_job
from bench.results.record import Status
from bench.sweep.interrupt import Interrupts
from bench.sweep.slots import Slot
from bench.sweep.slurm import task
from bench.sweep.stopped import Interrupted
from tests.sweep.slurm.jobs import cells, leave_record, options, settings, stamps


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
    chosen = stamps([done, claimed, own, free], given)
    leave_record(done, given)
    ran: list[int] = []
    monkeypatch.setattr(task, "run_pool", lambda todo, *_: ran.extend(cell.task.seed for cell in todo))
    with Claims(given.results_dir, job="11") as other, Claims(given.results_dir) as before:
        assert before.job == cluster_job() == job
        assert other.take(claimed.folder(given.results_dir), device="")
        assert before.take(own.folder(given.results_dir), device="")  # by this job, before it was requeued
        task.run_task([done, claimed, own, free], chosen, given, options(), tmp_path)
    assert ran == [2, 3]
    assert (tmp_path / f"{job}.ended").read_text() == task.DONE
    assert (tmp_path / f"{job}.started").exists()
    assert (tmp_path / f"{job}.alive").exists()


def waits(*_: object) -> None:
    """As before the pool has begun."""
    os.kill(os.getpid(), signal.SIGUSR2)


def ends(*_: object) -> None:
    """As the pool does."""
    with Interrupts() as interrupts:
        os.kill(os.getpid(), signal.SIGUSR2)
        assert interrupts.now
    raise Interrupted("interrupted")


@pytest.mark.parametrize("pool", [waits, ends])
def test_a_task_that_is_told_to_end_says_so(
    tmp_path: Path, job: str, monkeypatch: pytest.MonkeyPatch, pool: Callable[..., None]
) -> None:
    given, (one,) = settings(tmp_path), cells(1)
    monkeypatch.setattr(task, "run_pool", pool)
    before = [signal.getsignal(number) for number in (signal.SIGUSR2, signal.SIGTERM)]
    task.run_task([one], {one.key: None}, given, options(), tmp_path)
    assert (tmp_path / f"{job}.ended").read_text() == "SIGUSR2"
    assert [signal.getsignal(number) for number in (signal.SIGUSR2, signal.SIGTERM)] == before


@pytest.mark.parametrize(("ending", "status"), [(True, None), (False, Status.CRASHED)])
def test_a_worker_that_slurm_ended_with_the_job_is_no_crash_of_its_cell(
    tmp_path: Path, job: str, monkeypatch: pytest.MonkeyPatch, ending: bool, status: Status | None
) -> None:
    """The news of the worker's death may come before the job's own signal."""
    monkeypatch.setattr(task, "SECOND_THOUGHT", 5.0 if ending else 0.01)
    given, (one,) = settings(tmp_path), cells(1)

    def crash(todo: list[Cell], _: object, progress: task.TaskProgress, *__: object) -> None:
        leave_record(one, given, Status.CRASHED)
        progress.advance(one, Status.CRASHED, Slot("cpu"))
        if ending:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()

    monkeypatch.setattr(task, "run_pool", crash)
    task.run_task([one], {one.key: None}, given, options(), tmp_path)
    assert store.status(one.folder(given.results_dir)) is status
    assert (tmp_path / f"{job}.ended").read_text() == ("SIGTERM" if ending else task.DONE)


def test_signs_of_life_go_on_after_the_file_system_refused_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, refused = Path.touch, []

    def touch(path: Path) -> None:
        if len(refused) < 3:
            refused.append(path)
            raise OSError(116, "Stale file handle", str(path))
        real(path)

    monkeypatch.setattr(Path, "touch", touch)
    with task.signs_of_life(tmp_path / "alive", 0.02):
        deadline = time.monotonic() + 5
        while not (tmp_path / "alive").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert (tmp_path / "alive").exists()
    assert capsys.readouterr().err.count("Stale file handle") == 1
