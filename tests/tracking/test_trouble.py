"""A tracker that fails, hangs or ends costs no cell, is said once, and keeps what it can."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.results.record import Record, Status
from bench.running.observers import FIRST_PHASE, Observers
from bench.tracking import channel
from bench.tracking.channel import MAX_LOGGED
from bench.tracking.messages import End, Logged, Setup
from bench.tracking.tracker import Tracker
from tests.results.test_store import make_record
from tests.support.odd_backend import calls
from tests.test_cell import BASELINE, content

CELL = to_cell(content(model=BASELINE))


def record(status: Status = Status.OK) -> Record:
    return make_record(status).model_copy(update={"key": CELL.key})


class Told:
    """A tracker among observers, and what was said of it."""

    def __init__(
        self,
        folder: Path,
        way: str,
        slow_seconds: float = 10.0,
        grace_seconds: float = 3.0,
        backend: str = "tests.support.odd_backend",
    ) -> None:
        self.said: list[str] = []
        setup = Setup("odd", backend, way, str(folder), str(folder), slow_seconds, grace_seconds)
        self.tracker = Tracker(setup)
        self.observers = Observers([self.tracker], lambda name, text: self.said.append(text))

    @property
    def channel(self) -> channel.Channel:
        return self.tracker._channel

    def run(self, cell: Cell = CELL, steps: int = 5, folder: Path = Path()) -> None:
        self.observers.on_phase(cell, FIRST_PHASE)
        for step in range(1, steps + 1):
            self.observers.on_step(cell, step, steps, 1 / step)
        self.observers.on_record(cell, folder, record())


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Told]]:
    monkeypatch.setattr(channel, "CLOSE_SECONDS", 20.0)
    made: list[Told] = []

    def make(*arguments: object, **options: object) -> Told:
        made.append(Told(tmp_path, *arguments, **options))
        return made[-1]

    yield make
    for each in made:
        if (process := each.channel._process) is not None:
            process.kill()
            process.wait()


def test_one_that_is_well_is_told_all(told: Callable[..., Told], tmp_path: Path) -> None:
    well = told("well")
    well.run()
    well.observers.close()
    assert well.said == []
    begun, *logged, ended = calls(tmp_path)
    assert begun == f"start {CELL.key}"
    assert sum(int(line.split()[-1]) for line in logged) == 5
    assert ended.startswith(f"finish {CELL.key} ok")
    assert well.channel._process.wait() == 0
    assert list((tmp_path / "open").iterdir()) == [], "no run is open any more"


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("raises", "failed (OSError: No space left on device)"),
        ("exits", "failed (SystemExit: 3)"),
        ("exits-at-once", "failed (SystemExit: no login)"),
        ("ends", "cannot be told anything: its process ended with exit code 7 (segmentation fault)"),
        ("killed", f"cannot be told anything: its process was ended by signal {signal.SIGKILL.value}"),
    ],
)
def test_one_that_fails_is_said_once(way: str, why: str, told: Callable[..., Told]) -> None:
    failing = told(way)
    for _ in range(3):
        failing.run()
    failing.observers.close()
    assert failing.said == [f"tracker=odd: odd {why}; cells go on, and keep their records"]


def test_a_long_reason_hides_nothing_that_is_said_after_it(told: Callable[..., Told]) -> None:
    failing = told("rambles")
    failing.run()
    failing.observers.close()
    (said,) = failing.said
    assert said.startswith("tracker=odd: odd failed (OSError: a long story a long story")
    assert said.endswith("…); cells go on, and keep their records")
    assert len(said) < 400


def test_after_a_failure_records_are_still_told(told: Callable[..., Told], tmp_path: Path) -> None:
    failing = told("raises")
    failing.run()
    failing.observers.close()
    assert [line.split()[0] for line in calls(tmp_path)] == ["start", "start"], "with the record it is tried again"


def test_one_that_hangs_drops_steps_and_never_records(
    told: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "CLOSE_SECONDS", 1.0)
    hanging = told("sleeps", slow_seconds=0.5)
    hanging.run(steps=20_000)
    for _ in range(50):
        hanging.run(steps=1)
    waiting = list(hanging.channel._waiting)
    assert sum(isinstance(message, Logged) for message in waiting) <= MAX_LOGGED
    assert sum(isinstance(message, End) for message in waiting) > 40, "those that are not in the pipe yet"
    hanging.observers.close()
    assert len(hanging.said) == 1
    assert calls(tmp_path) == [f"start {CELL.key}"]
    assert hanging.channel._process.wait(30) != 0, "it does not stay for ever"


def test_one_whose_server_does_not_answer_is_not_waited_for(
    told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "CLOSE_SECONDS", 1e6)
    hanging = told("sleeps", slow_seconds=0.5)
    hanging.run()
    hanging.observers.close()
    assert hanging.said == ["tracker=odd: odd has not answered for 0 s; cells go on, and keep their records"]


def test_a_slow_one_is_told_losses_together(told: Callable[..., Told], tmp_path: Path) -> None:
    slow = told("slow")
    slow.run(steps=200)
    slow.observers.close()
    assert slow.said == []
    logged = [int(line.split()[-1]) for line in calls(tmp_path) if line.startswith("log")]
    assert sum(logged) == 199 + 1
    assert len(logged) < 20
    assert calls(tmp_path)[-1].startswith("finish")


def test_a_run_without_a_record_is_killed_and_ended_by_whoever_writes_it(
    told: Callable[..., Told], tmp_path: Path
) -> None:
    """As where a worker crashes: its tracker ends the run, and the parent's finds it by the cell."""
    worker, parent = told("well"), told("well")
    worker.observers.on_phase(CELL, FIRST_PHASE)
    worker.observers.close()
    assert calls(tmp_path) == [f"start {CELL.key}", f"kill {CELL.key}"]
    parent.observers.on_record(CELL, tmp_path, record(Status.CRASHED))
    parent.observers.close()
    assert calls(tmp_path)[2:] == [f"resume {CELL.key}", f"finish {CELL.key} crashed 0"]


def test_a_cell_that_begins_again_has_another_run(told: Callable[..., Told], tmp_path: Path) -> None:
    """As where a stack of cells fails and each is run alone."""
    again = told("well")
    again.observers.on_phase(CELL, FIRST_PHASE)
    again.observers.on_phase(CELL, "training")
    again.run(steps=0)
    again.observers.close()
    assert [line.split()[0] for line in calls(tmp_path)] == ["start", "kill", "start", "finish"]


def test_nothing_is_started_where_nothing_is_told(told: Callable[..., Told]) -> None:
    idle = told("well")
    idle.observers.close()
    assert idle.channel._process is None
