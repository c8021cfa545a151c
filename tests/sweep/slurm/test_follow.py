"""Following jobs, on a cluster that does what the test says.

`tests/slurm/` runs sweeps on a real one (`make test-slurm`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.cell import Cell
from bench.errors import UserError
from bench.results import store
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.slots import Slot
from bench.sweep.slurm import queue, submission
from bench.sweep.slurm import run as runner
from bench.sweep.slurm.submission import Refused, Submission
from bench.sweep.stopped import Stopped
from tests.sweep.slurm.jobs import cells, leave_record, options, settings, stamps

NOTING = """
from pathlib import Path
from bench.running.observers import Observer

class Noting(Observer):
    def on_record(self, cell, folder, record):
        with Path(__file__).with_name("told.txt").open("a") as file:
            file.write(f"{cell.key} {folder} {record.status.value}\\n")

def observer(settings):
    return Noting()
"""
Stamps = Mapping[str, store.Stamp | None]


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

    def submit(
        self, groups: Sequence[Sequence[Cell]], given: Settings, _: object, records: Stamps, *, after: str | None = None
    ) -> Submission:
        if self.refusing:
            raise Refused(self.refusing)
        self.submitted.append([[cell.task.seed for cell in group] for group in groups])
        number = str(len(self.submitted))
        made = Submission(
            name=f"x-{number}", started=number, tasks=tuple(tuple(c.key for c in group) for group in groups),
            stamps=records, job_id=number,
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

    def advance(self, cell: Cell, status: Status, slot: Slot | None = None) -> None:
        self.ended.append((cell.task.seed, status))

    def warn(self, about: str, text: str) -> None:
        raise AssertionError(text)


def sweep(todo: list[Cell], given: Settings, chosen: Stamps | None = None, **asked: object) -> list[tuple[int, Status]]:
    progress = Progress()
    try:
        runner.run_slurm(todo, given, progress, chosen or stamps(todo, given), options(**asked))
    except Stopped as stopped:
        print(stopped)
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
    assert "not submitted yet, 1 cell: QOSMaxSubmitJobPerUserLimit" in capsys.readouterr().out


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
    given, two = settings(tmp_path), cells(2)

    def die() -> None:
        slurm.alive.clear()
        folder = submission.home(given.results_dir) / "x-1"
        (folder / "1.started").touch()
        log = two[0].folder(given.results_dir) / store.LOG
        log.parent.mkdir(parents=True)
        log.touch()

    slurm.looks = [die, lambda: None, slurm.alive.clear, lambda: None, slurm.alive.clear]
    assert sweep(two, given, cells_per_job=2, max_requeues=1) == [(0, Status.CRASHED), (1, Status.CRASHED)]
    assert slurm.submitted == [[[0, 1]], [[1]], [[1]]], "once more than the first time, as max_requeues says"


def test_the_record_of_a_lost_cell_is_told_to_observers(
    slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the process that watches over the jobs, which writes it; that of another cell, which its job wrote, is not."""
    (tmp_path / "made_up.py").write_text(NOTING)
    monkeypatch.syspath_prepend(tmp_path)
    given, two = replace(settings(tmp_path), observers=("made_up",)), cells(2)

    def end() -> None:
        leave_record(two[0], given)
        slurm.alive.clear()

    slurm.looks = [end]
    assert sorted(sweep(two, given, max_requeues=0)) == [(0, Status.ERROR), (1, Status.CRASHED)]
    told = [line.split() for line in (tmp_path / "told.txt").read_text().splitlines()]
    assert told == [[two[1].key, str(two[1].folder(given.results_dir)), "crashed"]]


def test_max_failures_cancels_what_waits(slurm: Slurm, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, two = replace(settings(tmp_path), max_failures=1), cells(2)

    def fail() -> None:
        leave_record(two[0], given)
        slurm.alive.pop(("x-1", 0))

    slurm.looks = [fail, slurm.alive.clear]
    assert sweep(two, given) == [(0, Status.ERROR)]
    assert slurm.cancelled == ["1", "waiting"]
    assert "1 cell failed (max_failures=1)" in capsys.readouterr().out
    assert store.status(two[1].folder(given.results_dir)) is None


def test_a_silent_task_is_cancelled_once(slurm: Slurm, tmp_path: Path) -> None:
    given, (one,) = settings(tmp_path), cells(1)
    task_folder = submission.home(given.results_dir) / "x-1"
    slurm.looks = [(task_folder / "1.alive").touch, *[lambda: None] * 10, slurm.alive.clear]
    task_folder.parent.mkdir(parents=True)
    assert sweep([one], given, silence_seconds=0.003, max_requeues=0) == [(0, Status.CRASHED)]
    assert slurm.cancelled == ["1"]


def test_what_another_sweep_has_run_since_is_not_submitted(slurm: Slurm, tmp_path: Path) -> None:
    given, two = settings(tmp_path), cells(2)
    chosen = stamps(two, given)
    leave_record(two[0], given)

    def end() -> None:
        leave_record(two[1], given)
        slurm.alive.clear()

    slurm.looks = [end]
    assert sweep(two, given, chosen) == [(0, Status.ERROR), (1, Status.ERROR)]
    assert slurm.submitted == [[[1]]]


def test_a_disk_that_takes_no_record_stops_the_sweep_and_leaves_the_jobs(
    slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, (one,) = settings(tmp_path), cells(1)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(store, "write", full)
    slurm.looks = [slurm.alive.clear]
    with pytest.raises(Stopped, match="No space left on device"):
        runner.run_slurm([one], given, Progress(), stamps([one], given), options(max_requeues=0))
    assert slurm.cancelled == []
