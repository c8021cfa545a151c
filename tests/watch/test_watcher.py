"""When the sweep is looked at, and when its report is drawn again."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench.results import store
from bench.results.claims import CLAIM, Claim
from bench.results.record import Status
from bench.watch import watcher as watching
from bench.watch.study import Study
from bench.watch.watcher import Watcher
from tests.sweep import simulated
from tests.watch.conftest import DONE, ByHand, finish, watched


def until(is_so: Callable[[], Any], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def status(watcher: Watcher) -> dict[str, Any]:
    """What the page is told, after another look."""
    looked = watcher._looked
    until(lambda: watcher.status() and watcher._looked > looked)
    return dict(json.loads(watcher.status()))


def test_a_cell_that_was_ended_for_being_behind_is_neither_failed_nor_left(
    study: Study, tmp_path: Path, by_hand: ByHand
) -> None:
    done = store.read(study.cells[0].folder(tmp_path / "results"))
    assert done is not None
    cell = study.cells[DONE]
    record = done.model_copy(update={"key": cell.key, "status": Status.PRUNED, "measurements": None})
    store.write(cell.folder(tmp_path / "results"), record)
    with watched(study, by_hand) as watcher:
        told = status(watcher)
    assert (told["done"], told["failed"], told["left"]) == (DONE, 0, 8 - DONE - 1)
    assert told["states"] == {"done": DONE, "pruned": 1, "missing": 8 - DONE - 1}


def test_the_strip_says_what_the_command_says(
    study: Study, words: list[str], tmp_path: Path, by_hand: ByHand, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = study.cells[DONE]
    folder = cell.folder(tmp_path / "results")
    folder.mkdir(parents=True)
    claim = Claim(
        owner="o", host="gpu7\x1b[2J", machine="another", processes=("1@1",), device="cuda:1", launcher="slurm",
        job="4711_3", started="2020-01-01T00:00:00+00:00",
    )  # fmt: skip
    (folder / CLAIM).write_text(json.dumps(asdict(claim)))
    with watched(study, by_hand) as watcher:
        told = status(watcher)
    said = simulated.said("status", ["-m", *words], tmp_path, capsys)
    assert (told["done"], told["running"], told["failed"], told["left"]) == (DONE, 1, 0, 8 - DONE - 1)
    assert f"8 cells: {DONE} done, 1 running, {8 - DONE - 1} missing." in said
    assert told["states"] == {"done": DONE, "running": 1, "missing": 8 - DONE - 1}
    assert f"Left: {told['time_left']}." in said
    (where,) = told["where"]
    assert where["key"] == cell.key
    assert f"running: {cell.key} {where['where'].rpartition(', ')[0]}" in said
    assert "cuda:1 (slurm, job 4711_3), since" in where["where"]
    assert "\x1b" not in where["where"]
    assert where["cell"] == "tfidf_sgd, topics: 2 labels, 8 examples, seed 1"


def test_nothing_left(study: Study, words: list[str], tmp_path: Path, by_hand: ByHand) -> None:
    finish(words, tmp_path, DONE, 8)
    with watched(study, by_hand) as watcher:
        told = status(watcher)
    assert (told["done"], told["left"], told["time_left"]) == (8, 0, "nothing is left to run")


def test_a_cell_that_ends_has_the_report_drawn_again(
    study: Study, report: Path, words: list[str], tmp_path: Path, by_hand: ByHand
) -> None:
    with watched(study, by_hand) as watcher:
        until(lambda: len(by_hand.begun) == 1)
        assert tuple(by_hand.begun[0]) == study.words
        assert status(watcher)["drawing"]
        finish(words, tmp_path, DONE, DONE + 1)
        status(watcher)
        by_hand.finish()
        until(lambda: len(by_hand.begun) == 2)  # of the record that came while it was drawn
        by_hand.finish()
        until(lambda: not status(watcher)["drawing"])
        for _ in range(5):
            status(watcher)
    assert len(by_hand.begun) == 2, "nothing has changed since"
    assert by_hand.at_once == 1


def test_it_is_not_drawn_too_often(
    study: Study, report: Path, words: list[str], tmp_path: Path, by_hand: ByHand
) -> None:
    with watched(study, by_hand, every=1000) as watcher:
        until(lambda: len(by_hand.begun) == 1)
        by_hand.finish()
        until(lambda: not status(watcher)["drawing"])
        finish(words, tmp_path, DONE, DONE + 1)
        assert status(watcher)["done"] == DONE + 1
        assert not status(watcher)["drawing"]
        watcher._next_drawing = 0.0
        until(lambda: len(by_hand.begun) == 2)


def test_a_drawing_that_fails_is_said_once_and_tried_again(
    study: Study, report: Path, by_hand: ByHand, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (report / "index.html").read_bytes()
    with watched(study, by_hand) as watcher:
        before = status(watcher)["page"]
        for count in (1, 2):
            until(lambda: len(by_hand.begun) == count)  # noqa: B023 - called at once
            by_hand.finish(1, "", "a warning\nerror: the disk is full")
        until(lambda: len(by_hand.begun) == 3)
        told = status(watcher)
        assert told["error"] == "the report could not be drawn: the disk is full"
        assert (told["page"], told["done"]) == (before, DONE)
        by_hand.finish()
        until(lambda: status(watcher)["error"] is None)
    assert (report / "index.html").read_bytes() == page
    assert capsys.readouterr().err.count("the disk is full") == 1


def test_a_drawing_that_runs_is_ended_with_the_watcher(study: Study, by_hand: ByHand) -> None:
    with watched(study, by_hand):
        until(lambda: by_hand.running)
    assert by_hand.killed == 1


def test_a_page_that_was_removed_is_drawn_again(study: Study, report: Path, by_hand: ByHand) -> None:
    with watched(study, by_hand) as watcher:
        until(lambda: by_hand.running)
        by_hand.finish()
        until(lambda: not status(watcher)["drawing"])
        (report / "index.html").unlink()
        until(lambda: len(by_hand.begun) == 2)


@pytest.mark.usefixtures("report")
def test_nobody_who_reads_costs_nothing(
    study: Study, words: list[str], tmp_path: Path, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    survey = watching.survey

    def counting(*words: Any, **options: Any) -> Any:
        nonlocal looks
        looks += 1
        return survey(*words, **options)

    monkeypatch.setattr(watching, "survey", counting)
    with watched(study, by_hand) as watcher:
        status(watcher)
        by_hand.finish()
        until(lambda: not status(watcher)["drawing"])
        monkeypatch.setattr(watching, "IDLE_SECONDS", 0.0)
        time.sleep(0.3)
        before = looks
        finish(words, tmp_path, DONE, DONE + 1)
        time.sleep(0.5)
        assert looks == before
        assert len(by_hand.begun) == 1
        monkeypatch.setattr(watching, "IDLE_SECONDS", 20.0)
        watcher._looked = float("-inf")
        assert json.loads(watcher.status())["done"] == DONE + 1, "who comes back is not told what was long ago"
        assert looks > before


def test_a_look_that_fails_is_said_and_the_next_one_counts(
    study: Study, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    survey, is_gone = watching.survey, False

    def failing(*words: Any, **options: Any) -> Any:
        if is_gone:
            raise OSError(5, "Input/output error", "/mnt/results")
        return survey(*words, **options)

    monkeypatch.setattr(watching, "survey", failing)
    with watched(study, by_hand) as watcher:
        status(watcher)
        is_gone = True
        status(watcher)
        told = status(watcher)
        assert told["error"] == "the sweep cannot be looked at: /mnt/results: Input/output error"
        assert told["done"] == DONE, "what was known stays"
        is_gone = False
        status(watcher)
        assert status(watcher)["error"] is None
    assert capsys.readouterr().err.count("OSError: [Errno 5]") == 1
