"""Claims: one owner at a time, whoever dies and whatever the clocks say."""

import errno
import json
import multiprocessing
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.results import claims
from bench.results.claims import CLAIM, Claim, Claims, read
from bench.results.processes import is_alive, machine, own_process, process

HOLDER = """\
import sys, time
from pathlib import Path
from bench.results.claims import Claims
with Claims(sys.argv[1]) as claims:
    print(claims.take(Path(sys.argv[1]) / "cell", "cpu"), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path):
    """A process that holds the claim on `cell`."""
    started = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "True\n"
    yield started
    started.kill()
    started.wait()


def test_a_claim_is_exclusive_until_it_is_given_up(tmp_path: Path) -> None:
    first, second = Claims(tmp_path), Claims(tmp_path)
    assert first.take(tmp_path / "cell", "cpu")
    assert not second.take(tmp_path / "cell", "cpu")
    first.release(tmp_path / "cell")
    assert second.take(tmp_path / "cell", "cpu")
    assert sorted(path.name for path in (tmp_path / "cell").iterdir()) == [CLAIM]


def test_leaving_the_context_gives_all_up(tmp_path: Path) -> None:
    with Claims(tmp_path) as mine:
        assert mine.take(tmp_path / "a", "cpu")
        assert mine.take(tmp_path / "b", "cpu")
    assert read(tmp_path / "a") is None
    assert read(tmp_path / "b") is None


def test_a_live_owner_keeps_it_and_a_killed_one_loses_it(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    claim = read(tmp_path / "cell")
    assert claim is not None
    assert claim.processes == (process(holder.pid),)
    mine = Claims(tmp_path)
    assert not mine.take(tmp_path / "cell", "cpu")
    holder.kill()
    holder.wait()
    assert mine.take(tmp_path / "cell", "cpu")
    taken = read(tmp_path / "cell")
    assert taken is not None
    assert taken.processes == (own_process(),)


def test_all_processes_of_a_claim_must_be_dead(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    foreign(tmp_path / "other", machine=machine(), processes=("999999999@1", process(holder.pid)))
    assert not Claims(tmp_path).take(tmp_path / "other", "cpu")
    holder.kill()
    holder.wait()
    assert Claims(tmp_path).take(tmp_path / "other", "cpu")


def foreign(folder: Path, **changes: object) -> None:
    """Somebody else's claim on the cell in `folder`, by default of another machine."""
    claim = Claim(
        owner="x", host="elsewhere", machine="elsewhere/1/2", processes=("1@1",), device="cuda:0", started="2026"
    )
    (folder / CLAIM).write_text(json.dumps(asdict(replace(claim, **changes))))


@pytest.mark.parametrize("moved", [0.0, -86_400.0, 86_400.0])
def test_another_machines_claim_falls_when_it_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: float
) -> None:
    """Whatever that machine's clock says: only whether the time of the file changes counts."""
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.5)
    foreign(tmp_path)
    mine = Claims(tmp_path)
    for beat in range(4):  # touched each time: for longer than it takes to fall
        os.utime(tmp_path / CLAIM, (time.time() + moved + beat,) * 2)
        assert not mine.take(tmp_path, "cpu")
        time.sleep(0.2)
    time.sleep(0.6)
    assert mine.take(tmp_path, "cpu")


def test_a_claim_on_a_cell_that_runs_elsewhere_outlives_the_process_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker there may not have ended yet; nobody here can look that up."""
    asked = HOLDER.replace('"cpu")', '"cuda:0", host="node-3")')
    holder = subprocess.Popen([sys.executable, "-c", asked, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    holder.kill()
    holder.wait()
    claim = read(tmp_path / "cell")
    assert claim is not None
    assert claim.host == "node-3"
    assert not claims.is_dead(claim)
    watcher = Claims(tmp_path)
    assert not watcher.take(tmp_path / "cell", "cpu")
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.3)
    time.sleep(0.5)
    assert watcher.take(tmp_path / "cell", "cpu"), "it was not touched for so long"


def test_an_owner_touches_its_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "TOUCH_SECONDS", 0.05)
    with Claims(tmp_path) as mine:
        mine.take(tmp_path / "cell", "cpu")
        os.utime(tmp_path / "cell" / CLAIM, (0, 0))
        deadline = time.monotonic() + 5
        while (tmp_path / "cell" / CLAIM).stat().st_mtime == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert (tmp_path / "cell" / CLAIM).stat().st_mtime > 0


def test_half_a_claim_counts_as_one_until_it_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.2)
    (tmp_path / CLAIM).write_text('{"owner"')
    mine = Claims(tmp_path)
    assert not mine.take(tmp_path, "cpu")
    time.sleep(0.3)
    assert mine.take(tmp_path, "cpu")


def test_who_was_taken_for_dead_does_not_take_the_claim_away(tmp_path: Path) -> None:
    first = Claims(tmp_path)
    assert first.take(tmp_path / "cell", "cpu")
    foreign(tmp_path / "cell")
    first.release(tmp_path / "cell")
    current = read(tmp_path / "cell")
    assert current is not None
    assert current.owner == "x"


def race(folder: str, start: float, answers: object) -> None:
    """Try for the claim of a dead owner, at a set time."""
    mine = Claims(folder)
    while time.time() < start:
        pass
    answers.put(mine.take(Path(folder) / "cell", "cpu"))  # type: ignore[attr-defined]
    time.sleep(2)  # alive while the others try


def test_only_one_takes_a_dead_owners_claim(tmp_path: Path) -> None:
    (tmp_path / "cell").mkdir()
    foreign(tmp_path / "cell", machine=machine(), processes=("999999999@1",))
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    start = time.time() + 3
    racers = [context.Process(target=race, args=(str(tmp_path), start, answers)) for _ in range(4)]
    for racer in racers:
        racer.start()
    got = [answers.get(timeout=30) for _ in racers]
    for racer in racers:
        racer.join()
    assert sorted(got) == [False, False, False, True]


def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert Claims(tmp_path).take(tmp_path / "cell", "cpu")
    assert not Claims(tmp_path).take(tmp_path / "cell", "cpu")
    assert [path.name for path in (tmp_path / "cell").iterdir()] == [CLAIM]


def test_a_process_number_that_was_given_again_is_another_process() -> None:
    pid, _, started = own_process().partition("@")
    assert is_alive(f"{pid}@{started}")
    assert not is_alive(f"{pid}@{int(started) + 1}")
    with pytest.raises(ProcessLookupError):
        process(999_999_999)


def test_an_ended_process_that_nobody_waited_for_is_dead() -> None:
    ended = subprocess.Popen(["true"])
    name = f"{ended.pid}@"
    deadline = time.monotonic() + 5
    while is_alive(process_or_gone(ended.pid, name)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(process_or_gone(ended.pid, name))
    ended.wait()


def process_or_gone(pid: int, otherwise: str) -> str:
    try:
        return process(pid)
    except ProcessLookupError:
        return otherwise


def test_a_touch_that_fails_is_told_once_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the file system answers: a claim that is not touched any more is taken by another machine."""
    monkeypatch.setattr(claims, "TOUCH_SECONDS", 0.02)
    real, refused = os.utime, []

    def refuse_at_first(path: Path, *times: object) -> None:
        if len(refused) < 6:
            number = (errno.EACCES, errno.ESTALE, errno.EIO)[len(refused) % 3]
            refused.append(path.parent.name)
            raise OSError(number, os.strerror(number), str(path))
        real(path, *times)

    with Claims(tmp_path) as mine:
        for name in ("a", "b"):
            mine.take(tmp_path / name, "cpu")
            real(tmp_path / name / CLAIM, (0, 0))
        monkeypatch.setattr(os, "utime", refuse_at_first)
        deadline = time.monotonic() + 5
        while not all((tmp_path / name / CLAIM).stat().st_mtime for name in "ab") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert all((tmp_path / name / CLAIM).stat().st_mtime > 0 for name in "ab")
    assert set(refused) == {"a", "b"}, "one that fails keeps no other from being touched"
    assert capsys.readouterr().err.count("cannot be touched") == 1
    assert [read(tmp_path / name) for name in "ab"] == [None, None]
