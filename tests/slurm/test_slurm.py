"""Sweeps on a real Slurm, through the command that a user types. Only the GPUs are not real."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.results.record import Status
from tests.slurm.cluster import Cluster, until
from tests.slurm.conftest import Sweeps

pytestmark = pytest.mark.slurm


@pytest.fixture(scope="module", autouse=True)
def limited(cluster: Cluster, place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweeps]:
    """A sweep whose only cell runs into the shortest time limit that Slurm has, a minute, beside the other tests."""
    sweeps = Sweeps(cluster, place, tmp_path_factory.mktemp("limited"))
    (sweeps.folder / "hold-once").touch()
    sweeps.start(
        "seed=0", "hydra.launcher.time_minutes=1", "hydra.launcher.signal_seconds=50", "hydra.launcher.gpus_per_task=0"
    )
    yield sweeps
    sweeps.end()


def test_eight_cells_finish_each_task_on_its_own_gpu(sweeps: Sweeps) -> None:
    sweeps.hold()
    mirror = f"mirror_dir={sweeps.place / 'mirror'}"
    sweeping = sweeps.start(
        "model=tfidf_sgd,bert_base", "method=linear_probe", "seed=0,1,2,3", mirror, "hydra.launcher.cells_per_job=2"
    )
    until(lambda: len(sweeps.runs()) == 2, "two tasks at once")
    assert {run.gpus for run in sweeps.runs()} == {"0", "1"}
    sweeps.let()
    text = sweeping.ends(0)
    assert "8 cells, 0 done, 8 to run" in text
    assert sweeps.submitted() == 2, "four tasks, and an array of this Slurm may have three"
    assert "[8/8] ok" in text
    assert len(sweeps.runs()) == 8
    assert sweeps.queue() == []
    assert list((sweeps.results / ".slurm").glob("*/")) == [], "what jobs leave is removed when all went well"


def test_each_round_of_a_race_is_an_array(sweeps: Sweeps) -> None:
    racing = sweeps.start("model=tfidf_sgd,majority", "train_size=16", "max_seeds=2", race=True)
    text = racing.ends(0)
    assert "round 1: 4 cells" in text
    assert "round 2" not in text
    assert sweeps.submitted() == 2, "four tasks, and an array of this Slurm may have three"
    assert text.count("] ok: ") == 4
    assert "1 point" in text
    assert "report:" in text
    assert sweeps.queue() == []


def test_killed_jobs_are_noticed_without_accounting_and_run_again_alone(sweeps: Sweeps) -> None:
    sweeps.hold(0, 1, 2)
    sweeping = sweeps.start("seed=0,1,2,3,4")
    first, second = sweeps.began(0, 1)
    sweeps.cluster.ask("scancel", sweeps.queue()[-1])  # the last cell's
    sweeping.says("cancelled before it began")
    os.kill(first.worker, signal.SIGKILL)
    sweeping.says("] crashed")
    sweeps.cluster.ask("scancel", second.task)
    (third,) = sweeps.began(2)
    psutil.Process(third.worker).parent().kill()  # the task itself, as the kernel would where memory is short
    text = sweeping.ends(1)
    records = sweeps.records()
    assert {seed: record.status for seed, record in records.items()} == {
        0: Status.CRASHED, 1: Status.CRASHED, 2: Status.CRASHED, 3: Status.OK,
    }  # fmt: skip
    reasons = {seed: record.failure.message for seed, record in records.items() if record.failure is not None}
    assert "SIGKILL" in reasons[0]
    assert f"slurm job {second.task} on " in reasons[1]
    assert "CANCELLED" in reasons[1]
    assert f"slurm job {third.task} on " in reasons[2]
    assert "FAILED, exit code 0:9" in reasons[2]
    assert "".join(reasons[1].splitlines()[-1].split()) in "".join(text.split()), "its log is in the table"
    assert len(sweeps.runs()) == 4

    sweeps.let(0, 1, 2)
    text = sweeps.start("seed=0,1,2,3,4").ends(0)
    assert "5 cells, 1 done, 4 to run" in text
    assert sorted(run.seed for run in sweeps.runs()[4:]) == [0, 1, 2, 4]


def test_a_controller_that_is_restarted_loses_nothing(sweeps: Sweeps) -> None:
    sweeps.hold(0, 1)
    sweeping = sweeps.start("seed=0,1,2,3")
    sweeps.began(0, 1)
    sweeps.cluster.stop_controller()
    try:
        sweeping.says("slurm: no answer")
        sweeps.let(0)
        sweeping.says("[1/4] ok")
    finally:
        sweeps.cluster.start_controller()
    sweeps.let(1)
    sweeping.ends(0)
    assert {record.status for record in sweeps.records().values()} == {Status.OK}
    assert sorted(run.seed for run in sweeps.runs()) == [0, 1, 2, 3]


def test_a_killed_sweep_is_taken_up_without_submitting_twice(sweeps: Sweeps) -> None:
    sweeps.hold()
    sweeping = sweeps.start("seed=0,1,2")
    sweeps.began(0, 1)
    sweeping.process.kill()
    sweeping.process.wait()
    # as if it had died before Slurm answered with the number
    (file,) = (sweeps.results / ".slurm").glob("*.json")
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"job_id": None}))
    again = sweeps.start("seed=0,1,2,3")
    again.says(f"slurm: follows job {content['job_id']}")
    again.says("slurm: submitted 1 cell")
    sweeps.let()
    text = again.ends(0)
    assert "4 cells, 0 done, 4 to run" in text
    assert sweeps.submitted() == 2
    assert sorted(run.seed for run in sweeps.runs()) == [0, 1, 2, 3]


def test_jobs_and_a_local_pool_share_the_work(sweeps: Sweeps) -> None:
    sweeps.hold(0, 1)
    jobs = sweeps.start("seed=0,1,2,3")
    sweeps.began(0, 1)
    local = sweeps.start("seed=0,1,2,3", launcher="pool")
    assert {run.task for run in sweeps.began(2, 3)} == {"None"}, "outside of jobs"
    local.says("another sweep runs it")
    sweeps.let(0, 1)
    jobs.ends(0)
    local.ends(0)
    assert sorted(run.seed for run in sweeps.runs()) == [0, 1, 2, 3]


def test_interrupting_leaves_the_jobs_or_cancels_them(sweeps: Sweeps) -> None:
    sweeps.hold()
    sweeping = sweeps.start("seed=0,1,2")
    sweeps.began(0, 1)
    sweeping.interrupt()
    text = sweeping.ends(130)
    (job,) = {task.partition("_")[0] for task in sweeps.queue()}
    assert "the jobs go on" in text
    assert f"scancel {job}" in text
    assert len(sweeps.queue()) == 3

    again = sweeps.start("seed=0,1,2", "hydra.launcher.cancel_on_interrupt=true")
    again.says(f"slurm: follows job {job}")
    again.interrupt()
    assert f"jobs cancelled ({job})" in again.ends(130)
    until(lambda: sweeps.queue() == [], "the jobs stay in the queue")
    assert sweeps.records() == {}


def test_a_task_that_is_told_to_end_has_its_cells_submitted_again(sweeps: Sweeps) -> None:
    """SIGUSR2 to the batch script, as Slurm sends it before the time limit; here in the second of two cells."""
    sweeps.hold(1)
    sweeping = sweeps.start("seed=0,1", "hydra.launcher.cells_per_job=2", "hydra.launcher.max_requeues=1")
    for count in (1, 2):
        until(lambda count=count: [run.seed for run in sweeps.runs()].count(1) == count, "it did not begin", 60)
        sweeps.cluster.ask("scancel", "--batch", "--signal=USR2", sweeps.runs()[-1].task)
    text = sweeping.ends(1)
    assert "submitted again" in text
    assert sweeps.submitted() == 2
    records = sweeps.records()
    assert {seed: record.status for seed, record in records.items()} == {0: Status.OK, 1: Status.TIMEOUT}
    assert records[1].failure is not None
    assert "after SIGUSR2" in records[1].failure.message
    assert [run.seed for run in sweeps.runs()] == [0, 1, 1]


def test_a_preempted_task_is_run_again_by_slurm_or_by_the_sweep(sweeps: Sweeps) -> None:
    sweeps.hold()
    sweeping = sweeps.start("seed=0,1")
    sweeps.began(0, 1)
    urgent = sweeps.cluster.ask(
        "sbatch", "--partition=urgent", "--gpus-per-node=2", "--output=/dev/null", "--wrap=sleep 1"
    )
    assert "Submitted" in urgent
    until(lambda: len(sweeps.runs()) == 4, "they did not begin again", 60)
    sweeps.let()
    sweeping.ends(0)
    assert {record.status for record in sweeps.records().values()} == {Status.OK}


def test_as_many_tasks_at_once_as_asked_for(sweeps: Sweeps) -> None:
    """Over two arrays, for an array of this Slurm may have three tasks."""
    sweeps.hold()
    sweeping = sweeps.start("seed=0,1,2,3", "hydra.launcher.max_running=1")
    sweeps.began(0)
    sweeping.says("slurm: submitted 1 cell")
    sweeps.let()
    sweeping.ends(0)
    assert sweeps.submitted() == 2
    assert {run.gpus for run in sweeps.runs()} == {"0"}, "one at a time gets the first GPU"
    assert [run.seed for run in sweeps.runs()] == [0, 1, 2, 3]


def test_the_end_of_the_time_limit_is_no_end_of_the_cell(limited: Sweeps) -> None:
    assert "after SIGUSR2" in limited.processes[0].ends(0)
    assert [run.seed for run in limited.runs()] == [0, 0]


def test_a_job_that_slurm_takes_to_be_running_and_that_is_dead(sweeps: Sweeps) -> None:
    """Its slurmstepd was killed with it: this Slurm would not notice before the time limit."""
    sweeps.hold(0)
    sweeping = sweeps.start("seed=0,1", "hydra.launcher.silence_seconds=5")
    (run,) = sweeps.began(0)
    worker = psutil.Process(run.worker)
    task = worker.parent()
    assert task.parent().name() == "slurmstepd"
    for process in (task.parent(), task):
        process.kill()
    sweeping.says("gives no sign of life")
    sweeping.ends(1)
    records = sweeps.records()
    assert {seed: record.status for seed, record in records.items()} == {0: Status.CRASHED, 1: Status.OK}
    assert records[0].failure is not None
    assert "after it had given no sign of life" in records[0].failure.message
    assert [run.seed for run in sweeps.runs()].count(0) == 1
