"""Slurm without a Slurm: what is asked of it, how its answers are read, and what a task does on its node.

`tests/slurm/` runs sweeps on a real one (`make test-slurm`).
"""

import json
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.cell import Cell
from bench.compose import to_cell, to_settings
from bench.config import Settings
from bench.errors import UserError
from bench.recording import failed
from bench.results import store
from bench.results.claims import Claims, cluster_job
from bench.results.record import Status
from bench.sweep.slurm import lost, queue, submission, task
from bench.sweep.slurm import run as runner
from bench.sweep.slurm.submission import Refused, Submission
from tests.support.cli import call
from tests.test_cell import BASELINE, content

Fake = Callable[[str, str], Path]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Puts shell scripts in the place of Slurm's commands; those not given are not there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def write(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)
        return path

    return write


def cells(count: int) -> list[Cell]:
    return [to_cell(content(model=BASELINE, seed=seed)) for seed in range(count)]


def settings(tmp_path: Path, **slurm: object) -> Settings:
    quick = {"poll_seconds": 0.001, "grace_seconds": 0.001, **slurm}
    return to_settings({"results_dir": str(tmp_path / "results"), "device": "cpu", "slurm": quick})


def leave_record(cell: Cell, given: Settings, status: Status = Status.ERROR) -> None:
    folder = cell.folder(given.results_dir)
    store.write(folder, failed(cell, status, ValueError("x"), "2026-01-01", "cpu"))


def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, *arguments: str) -> str:
    code = call("-m", "hydra/launcher=slurm", "model=tfidf_sgd", *arguments, f"results_dir={tmp_path / 'results'}")
    text = capsys.readouterr().err
    assert code == 2, text
    assert text.count("\n") == 1
    return text


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["slurm.gpus_per_task=0", "device=cuda"], ["slurm.gpus_per_task=0", "device=cuda"]),
        (["+slurm.options.job_name=x"], ["slurm.options.job_name", "array"]),
        (["slurm.signal_seconds=60", "slurm.time_minutes=1"], ["slurm.signal_seconds=60", "slurm.time_minutes=1"]),
        (["slurm.cells_per_job=0"], ["slurm.cells_per_job=0", "greater than 0"]),
        (["slurm.cells_per_job=1,2"], ["slurm is a setting of the whole sweep"]),
    ],
)
def test_what_can_be_known_to_be_wrong_is_said_before_a_job_is_submitted(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], parts: list[str]
) -> None:
    for name in submission.COMMANDS:
        fake(name, "exit 1")
    text = refused(capsys, tmp_path, *arguments)
    assert [part for part in parts if part not in text] == []


def test_without_slurm_it_says_so(fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake("squeue", "exit 1")
    assert "sbatch, srun, scancel, scontrol cannot be found" in refused(capsys, tmp_path)


def test_the_batch_script_asks_for_what_was_asked(fake: Fake, tmp_path: Path) -> None:
    fake("srun", "")
    script = tmp_path / "script"
    fake("sbatch", f'while read -r line; do echo "$line"; done < "$1" > {script}; echo Submitted batch job 12')
    given = settings(
        tmp_path, partition="gpu", time_minutes=90, memory_gb=1.5, gpus_per_task=2, cpus_per_task=3, max_running=2,
        options={"account": "lab", "mail_type": "END", "exclusive": True, "hold": False}, signal_seconds=45,
    )  # fmt: skip
    four = cells(4)
    made = submission.submit([four[:2], four[2:3], four[3:]], given, after="7")
    asked = set(script.read_text().splitlines())
    assert asked >= {
        "#SBATCH --partition=gpu", "#SBATCH --time=90", "#SBATCH --mem=1536M", "#SBATCH --gpus-per-node=2",
        "#SBATCH --cpus-per-task=3", "#SBATCH --array=0-2%2", "#SBATCH --account=lab", "#SBATCH --mail-type=END",
        "#SBATCH --exclusive", "#SBATCH --signal=B:USR2@45", "#SBATCH --dependency=afterany:7",
        f"#SBATCH --job-name={made.name}",
    }  # fmt: skip
    assert not any("hold" in line for line in asked)
    assert [line for line in asked if line.startswith("exec ")]
    assert made.job_id == "12"
    assert made.tasks == (tuple(c.key for c in four[:2]), (four[2].key,), (four[3].key,))
    assert submission.load(given.results_dir) == [made]


def test_what_slurm_refuses_leaves_nothing(fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake("srun", "")
    fake("sbatch", "echo sbatch: error: invalid partition specified: gpu >&2; exit 1")
    given = settings(tmp_path)
    with pytest.raises(Refused, match="invalid partition specified: gpu"):
        submission.submit([cells(1)], given)
    assert list(submission.home(given.results_dir).iterdir()) == []
    assert capsys.readouterr().err == ""


def test_the_queue_is_read_by_names(fake: Fake, tmp_path: Path) -> None:
    fake(
        "squeue", f'echo "$@" > {tmp_path}/asked; echo "a-1|12|0|RUNNING|None"; echo "b-2|15|N/A|PENDING|Resources, a"'
    )
    assert queue.queued(["a-1", "b-2"]) == {
        ("a-1", 0): queue.Queued("12", "RUNNING", "None"), ("b-2", 0): queue.Queued("15", "PENDING", "Resources, a"),
    }  # fmt: skip
    assert "--name=a-1,b-2" in (tmp_path / "asked").read_text()
    fake("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(queue.NoAnswer, match="Unable to contact"):
        queue.queued(["a-1"])
    assert queue.queued([]) == {}


def test_how_a_job_ended_is_known_from_the_controller_or_from_accounting(fake: Fake) -> None:
    fake("scontrol", "echo JobId=3 JobState=TIMEOUT Reason=None ExitCode=0:15 NodeList=n1 Comment=")
    assert queue.ended("3") == queue.Ended("TIMEOUT", "0:15", "n1")
    fake("scontrol", "exit 1")
    fake("sacct", "echo 'CANCELLED by 1000|0:9|n2'")
    assert queue.ended("3") == queue.Ended("CANCELLED", "0:9", "n2")
    fake("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1")
    assert queue.ended("3") is None


@pytest.mark.parametrize(
    ("own", "state", "log", "kind", "time_limit"),
    [
        ("SIGUSR2", "COMPLETED", "", "interrupted", True),
        ("SIGTERM", "PREEMPTED", "", "interrupted", False),
        ("SIGTERM", "CANCELLED", "", "cancelled", False),
        ("done", "COMPLETED", "", "interrupted", False),
        (None, "TIMEOUT", "", "interrupted", True),
        (None, "NODE_FAIL", "", "interrupted", False),
        (None, "FAILED", "ModuleNotFoundError: No module named 'bench'", "failed", False),
        (None, "OUT_OF_MEMORY", "", "failed", False),
        (None, None, "error: *** JOB 3 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***", "interrupted", True),
        (None, None, "error: *** JOB 3 ON n1 CANCELLED AT 2026 DUE TO PREEMPTION ***", "interrupted", False),
        (None, None, "error: *** JOB 3 ON n1 CANCELLED AT 2026 ***", "cancelled", False),
        (None, None, "a last word", "failed", False),
        (None, None, None, "cancelled", False),  # it never started
    ],
)
def test_what_became_of_a_lost_job(  # noqa: PLR0917 - what is given, and what is said of it
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    own: str | None, state: str | None, log: str | None, kind: str, time_limit: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(queue, "ended", lambda _: state and queue.Ended(state, "0:0", "n1"))
    made = Submission(name="x", started="", tasks=(("a",), ("b",)), stamps={}, job_id="3")
    made.folder(tmp_path).mkdir(parents=True)
    if own is not None:
        (made.folder(tmp_path) / "3_1.ended").write_text(own)
    if log is not None:
        (made.folder(tmp_path) / "3_1_0_log.err").write_text(log)
    found = lost.loss(made, 1, tmp_path, silent=False)
    assert (found.kind, found.time_limit) == (kind, time_limit)
    written = lost.record(cells(1)[0], found, made, settings(tmp_path))
    assert written.status is (Status.TIMEOUT if time_limit else Status.CRASHED)
    assert written.failure is not None
    assert "slurm job 3_1 on n" in written.failure.message.splitlines()[-1]
    assert (log or "") in written.failure.message


class Slurm:
    """Stands in for the cluster: what is submitted stays in the queue until it is taken out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alive: dict[tuple[str, int], queue.Queued] = {}
        self.submitted: list[list[list[int]]] = []
        """Seeds, by task and array."""
        self.looks: list[Callable[[], None]] = []
        """What happens at each look at the queue, in turn."""
        self.cancelled: list[str] = []
        self.refusing = ""
        self.after_submitting: Callable[[], None] = lambda: None
        monkeypatch.setattr(queue, "queued", self.queued)
        monkeypatch.setattr(queue, "cancel", self.cancel)
        monkeypatch.setattr(queue, "ended", lambda _: queue.Ended("FAILED", "1:0", "n1"))
        monkeypatch.setattr(queue, "max_array_size", lambda: 2)
        monkeypatch.setattr(submission, "submit", self.submit)

    def queued(self, names: Sequence[str]) -> dict[tuple[str, int], queue.Queued]:
        wanted = set(names)
        if self.looks and wanted:
            self.looks.pop(0)()
        return {place: found for place, found in self.alive.items() if place[0] in wanted}

    def submit(self, groups: Sequence[Sequence[Cell]], given: Settings, after: str | None = None) -> Submission:
        if self.refusing:
            raise Refused(self.refusing)
        self.submitted.append([[cell.task.seed for cell in group] for group in groups])
        number = str(len(self.submitted))
        made = Submission(
            name=f"x-{number}", started=number, tasks=tuple(tuple(c.key for c in group) for group in groups),
            stamps={c.key: submission.stamp(c.folder(given.results_dir)) for group in groups for c in group},
            job_id=number,
        )  # fmt: skip
        made.folder(given.results_dir).mkdir(parents=True)
        for index in range(len(groups)):
            self.alive[made.name, index] = queue.Queued(number, "RUNNING", "None")
        self.after_submitting()
        return made

    def cancel(self, job_ids: Sequence[str], *, waiting_only: bool = False) -> None:
        self.cancelled += [*job_ids, *(["waiting"] if waiting_only else [])]


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> Slurm:
    return Slurm(monkeypatch)


class Progress:
    """Remembers what a sweep tells its progress."""

    def __init__(self) -> None:
        self.ended: list[tuple[int, Status]] = []

    def advance(self, cell: Cell, status: Status) -> None:
        self.ended.append((cell.task.seed, status))


def sweep(todo: list[Cell], given: Settings) -> list[tuple[int, Status]]:
    progress = Progress()
    runner.run_slurm(todo, given, progress)  # type: ignore[arg-type]
    return progress.ended


def test_what_slurm_refuses_waits_until_a_task_has_ended(
    slurm: Slurm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, three = settings(tmp_path), cells(3)

    def refuse() -> None:
        slurm.refusing = "QOSMaxSubmitJobPerUserLimit"

    def end(seed: int, place: tuple[str, int]) -> None:
        leave_record(three[seed], given)
        del slurm.alive[place]
        slurm.refusing = ""

    slurm.after_submitting = refuse
    slurm.looks = [
        lambda: None,
        lambda: end(0, ("x-1", 0)),
        lambda: None,  # when the waiting cells are submitted
        lambda: end(1, ("x-1", 1)),
        lambda: end(2, ("x-2", 0)),
    ]
    assert sweep(three, given) == [(seed, Status.ERROR) for seed in range(3)]
    assert slurm.submitted == [[[0], [1]], [[2]]]
    assert "1 cells are not submitted yet: QOSMaxSubmitJobPerUserLimit" in capsys.readouterr().out


def test_what_is_refused_at_once_is_the_users_to_mend(slurm: Slurm, tmp_path: Path) -> None:
    slurm.refusing = "invalid partition specified: gpu"
    with pytest.raises(UserError, match="slurm: invalid partition specified: gpu"):
        sweep(cells(1), settings(tmp_path))


def test_a_queue_that_does_not_answer_says_nothing_about_jobs(
    slurm: Slurm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, (one,) = settings(tmp_path), cells(1)

    def silent() -> None:
        raise queue.NoAnswer("Unable to contact slurm controller")

    def end() -> None:
        leave_record(one, given)
        slurm.alive.clear()
        raise queue.NoAnswer("Unable to contact slurm controller")

    slurm.looks = [silent] * 20 + [end]
    assert sweep([one], given) == [(0, Status.ERROR)], "records are true all the same"
    assert capsys.readouterr().out.count("no answer") == 1
    assert slurm.submitted == [[[0]]]


def test_only_the_cell_that_had_begun_is_charged_with_its_job(slurm: Slurm, tmp_path: Path) -> None:
    """The task dies in the first of two cells; the second is submitted again, and dies without having begun."""
    given, two = settings(tmp_path, cells_per_job=2, max_requeues=1), cells(2)

    def die() -> None:
        slurm.alive.clear()
        folder = submission.home(given.results_dir) / "x-1"
        (folder / "1.started").touch()
        log = two[0].folder(given.results_dir) / store.LOG
        log.parent.mkdir(parents=True)
        log.touch()

    slurm.looks = [die, lambda: None, slurm.alive.clear, lambda: None, slurm.alive.clear]
    assert sweep(two, given) == [(0, Status.CRASHED), (1, Status.CRASHED)]
    assert slurm.submitted == [[[0, 1]], [[1]], [[1]]], "once more than the first time, as max_requeues says"


def test_max_failures_cancels_what_waits(slurm: Slurm, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, two = replace(settings(tmp_path), max_failures=1), cells(2)

    def fail() -> None:
        leave_record(two[0], given)
        slurm.alive.pop(("x-1", 0))

    slurm.looks = [fail, slurm.alive.clear]
    assert sweep(two, given) == [(0, Status.ERROR)]
    assert slurm.cancelled == ["1", "waiting"]
    assert "max_failures" in capsys.readouterr().out
    assert store.status(two[1].folder(given.results_dir)) is None


def test_a_silent_task_is_cancelled_once(slurm: Slurm, tmp_path: Path) -> None:
    given, (one,) = settings(tmp_path, silence_seconds=0.003), cells(1)
    task_folder = submission.home(given.results_dir) / "x-1"
    slurm.looks = [(task_folder / "1.alive").touch, *[lambda: None] * 10, slurm.alive.clear]
    task_folder.parent.mkdir(parents=True)
    assert sweep([one], replace(given, slurm=replace(given.slurm, max_requeues=0))) == [(0, Status.CRASHED)]
    assert slurm.cancelled == ["1"]


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


def test_a_submission_reads_back_as_it_was(tmp_path: Path) -> None:
    made = Submission(name="x", started="now", tasks=(("a", "b"), ("c",)), stamps={"a": None, "b": "1"})
    submission.home(tmp_path).mkdir()
    path = submission.home(tmp_path) / "x.json"
    path.write_text(json.dumps({"name": "x", "started": "now", "tasks": [["a", "b"], ["c"]], "stamps": made.stamps}))
    assert submission.load(tmp_path) == [made]
    numbered = submission.with_job_id(made, "7", tmp_path)
    assert numbered.job_id == "7"
    assert submission.load(tmp_path) == [numbered]
    assert submission.with_job_id(numbered, "8", tmp_path) == numbered, "it has its number"
