"""What is asked of Slurm, and how its answers are read: scripts stand in for its commands."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.sweep.slurm import queue, submission
from bench.sweep.slurm.submission import Refused, Submission
from tests.support.cli import call
from tests.sweep.slurm.jobs import cells, options, settings, stamps

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


def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, *arguments: str) -> str:
    code = call("-m", "hydra/launcher=slurm", "model=tfidf_sgd", *arguments, f"results_dir={tmp_path / 'results'}")
    text = capsys.readouterr().err
    assert code == 2, text
    assert text.count("\n") == 1
    return text


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["hydra.launcher.gpus_per_task=0", "device=cuda"], ["hydra.launcher.gpus_per_task=0", "device=cuda"]),
        (["hydra.launcher.workers=2"], ["hydra.launcher.workers", "device=cpu"]),
        (["+hydra.launcher.options.job_name=x"], ["hydra.launcher.options.job_name", "array"]),
        (
            ["hydra.launcher.signal_seconds=60", "hydra.launcher.time_minutes=1"],
            ["hydra.launcher.signal_seconds=60", "hydra.launcher.time_minutes=1"],
        ),
        (["hydra.launcher.cells_per_job=0"], ["hydra.launcher.cells_per_job=0", "greater than 0"]),
        (["hydra.launcher.cells_per_job=1,2"], ["it has one value for the whole sweep"]),
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
    given = replace(settings(tmp_path), device="auto")
    asked_for = options(
        partition="gpu", time_minutes=90, memory_gb=1.5, gpus_per_task=2, cpus_per_task=3, max_running=2,
        options={"account": "lab", "mail_type": "END", "exclusive": True, "hold": False}, signal_seconds=45,
    )  # fmt: skip
    four = cells(4)
    made = submission.submit([four[:2], four[2:3], four[3:]], given, asked_for, stamps(four, given), after="7")
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
    submission.submit([four], replace(given, device="cpu"), asked_for, stamps(four, given))
    assert "gpus" not in script.read_text(), "none is needed"


def test_what_holds_secret_options_is_the_users_alone(fake: Fake, tmp_path: Path) -> None:
    """The batch script and the tasks have to hold them; what tasks log stays for all who share the results."""
    fake("srun", "")
    fake("sbatch", "echo Submitted batch job 12")
    given, secret = settings(tmp_path), options(options={"comment": "SLURMSECRET"})
    one = cells(1)
    folder = submission.submit([one], given, secret, stamps(one, given)).folder(given.results_dir)
    holding = [path for path in submission.home(given.results_dir).rglob("*") if path.is_file()]
    holding = [path for path in holding if b"SLURMSECRET" in path.read_bytes()]
    assert holding
    assert {path.stat().st_mode & 0o777 for path in holding} == {0o600}
    (tmp_path / "like").mkdir()
    assert folder.stat().st_mode == (tmp_path / "like").stat().st_mode


def test_what_slurm_refuses_leaves_nothing(fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake("srun", "")
    fake("sbatch", "echo sbatch: error: invalid partition specified: gpu >&2; exit 1")
    given, one = settings(tmp_path), cells(1)
    with pytest.raises(Refused, match="invalid partition specified: gpu"):
        submission.submit([one], given, options(), stamps(one, given))
    assert list(submission.home(given.results_dir).iterdir()) == []
    assert capsys.readouterr().err == ""


def test_a_submission_reads_back_as_it_was(tmp_path: Path) -> None:
    made = Submission(name="x", started="now", tasks=(("a", "b"), ("c",)), stamps={"a": None, "b": (1, 2, 3)})
    submission.home(tmp_path).mkdir()
    path = submission.home(tmp_path) / "x.json"
    path.write_text(json.dumps({"name": "x", "started": "now", "tasks": [["a", "b"], ["c"]], "stamps": made.stamps}))
    assert submission.load(tmp_path) == [made]
    numbered = submission.with_job_id(made, "7", tmp_path)
    assert numbered.job_id == "7"
    assert submission.load(tmp_path) == [numbered]
    assert submission.with_job_id(numbered, "8", tmp_path) == numbered, "it has its number"


ODD = {
    "empty": b"",
    "cut": b'{"name": "odd", "star',
    "list": b"[]",
    "deep": b"[" * 100_000,
    "tasks": b'{"name": "tasks", "started": "now", "tasks": 5, "stamps": {}}',
    "stamps": b'{"name": "stamps", "started": "now", "tasks": [["a"]], "stamps": {"a": "now"}}',
    "other": b'{"name": "../other", "started": "now", "tasks": [], "stamps": {}}',
    "number": b'{"name": "number", "started": "now", "tasks": [], "stamps": {}, "job_id": "7; rm"}',
    "latin": b'{"name": "\xff"}',
}


def test_an_odd_submission_is_told_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = submission.home(tmp_path)
    home.mkdir()
    for name, content in ODD.items():
        (home / f"{name}.json").write_bytes(content)
    (home / "folder.json").mkdir()
    os.mkfifo(home / "pipe.json")
    (home / "x.json").write_text(json.dumps({"name": "x", "started": "now", "tasks": [["a"]], "stamps": {"a": None}}))
    assert [found.name for found in submission.load(tmp_path)] == ["x"]
    assert capsys.readouterr().err.count("is no submission and is left alone") == len(ODD) + 2
    assert len(list(home.iterdir())) == len(ODD) + 3


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
