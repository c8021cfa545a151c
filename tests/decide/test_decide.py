"""`bench decide` as a user runs it: rounds, verdicts, budget, what it refuses, and that it goes on where it was."""

import json
import shutil

import pytest

from bench.decide import session
from bench.decide.__main__ import main
from bench.sweep.stopped import Interrupted
from tests.decide.conftest import Grid
from tests.report.opened import opened
from tests.support import cli


def ledger_of(grid: Grid):
    (path,) = (grid.folder / "results" / ".races").glob("*.json")
    return path


def test_a_race_decides_with_few_cells_and_its_page_says_how(grid: Grid, capsys):
    assert grid.decide("max_seeds=4") == 0
    said = capsys.readouterr().out
    ran = grid.records()
    assert len(ran) < 24  # of 3 rows x 2 sizes x 4 seeds
    assert "round 1: 12 cells" in said
    assert "Most frequent label: dropped after 2 seeds" in said
    page = opened(grid.folder / "reports" / "topics_race" / "index.html")
    assert "The race" in page
    assert f"{24 - len(ran)} not needed" in page
    capsys.readouterr()
    assert grid.decide("max_seeds=4") == 0
    assert "(unchanged)" in capsys.readouterr().out
    study = json.loads((grid.folder / "reports" / "topics_race" / "report.json").read_text())
    (one,) = study["data_sets"]
    assert {point["state"] for point in one["points"]} <= {"done", "not_needed"}
    verdicts = {(pair["a"], pair["b"], pair["size"]): pair["verdict"] for pair in one["pairs"]}
    assert any("majority" in key and verdict in ("better", "worse") for key, verdict in verdicts.items())


@pytest.mark.usefixtures("at_once")
def test_the_same_command_again_runs_nothing(grid: Grid, capsys):
    grid.decide()
    before = {path: path.stat().st_mtime_ns for path in (grid.folder / "results").rglob("record.json")}
    capsys.readouterr()
    assert grid.decide() == 0
    said = capsys.readouterr().out
    assert "round" not in said
    assert {path: path.stat().st_mtime_ns for path in (grid.folder / "results").rglob("record.json")} == before


@pytest.mark.usefixtures("at_once")
def test_records_of_a_sweep_are_the_races_and_the_other_way_round(grid: Grid, capsys):
    assert cli.call("-m", *grid.all_words, "seed=0,1,2") == 0
    swept = grid.records()
    capsys.readouterr()
    assert grid.decide("budget_hours=5") == 0
    said = capsys.readouterr().out
    assert "round 1: 12 cells" not in said  # two seeds of everything are there
    assert swept <= grid.records()
    assert " 0 of 5 hours spent" in said or "of 5 hours spent" in said


def test_what_a_sweep_spent_is_not_the_races(grid: Grid, capsys):
    assert cli.call("-m", *grid.all_words, "seed=0,1,2") == 0
    capsys.readouterr()
    assert grid.decide("budget_hours=0.00001", "max_seeds=3") == 0  # everything is there: nothing is refused
    assert "0 of 1e-05 hours spent" in capsys.readouterr().out


@pytest.mark.usefixtures("at_once")
def test_a_race_of_parts_ends_as_one_in_one_go(grid: Grid, capsys):
    grid.decide()
    whole, said = grid.records(), capsys.readouterr().out
    verdicts = said[said.index("answered") :].splitlines()[1:-1]
    # a part of its records is lost, as by a kill in the middle of a round
    for number, name in enumerate(sorted(whole)):
        if number % 3 == 0:
            (folder,) = (grid.folder / "results").rglob(name)
            shutil.rmtree(folder)
    assert grid.decide() == 0
    again = capsys.readouterr().out
    assert grid.records() == whole
    assert again[again.index("answered") :].splitlines()[1:-1] == verdicts


@pytest.mark.usefixtures("at_once")
def test_a_budget_ends_it_and_a_larger_one_goes_on(grid: Grid, capsys):
    grid.decide()
    needed = grid.records()
    ledger = json.loads(ledger_of(grid).read_text())
    assert set(ledger["begun"]) == needed
    first = [name for name in needed if "seed-0" in name or "seed-1" in name]
    for name in needed - set(first):
        (folder,) = (grid.folder / "results").rglob(name)
        shutil.rmtree(folder)
    capsys.readouterr()
    assert grid.decide("budget_hours=0.0000001") == 0  # begun, so not refused; but there is no room
    said = capsys.readouterr().out
    assert "the budget is spent" in said or needed == set(first)
    assert grid.records() == set(first)
    assert grid.decide("budget_hours=1") == 0
    assert grid.records() == needed


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("margin=0.0001",), ("margin=0.0001 is less than", "test examples")),
        (("budget_hours=0.0000001",), ("budget_hours=1e-07 is less than the first round takes", "12 cells")),
        (("max_seeds=1",), ("max_seeds=1",)),
        (("question=wurst",), ("question=wurst", "beats_baseline")),
        (("max_seeds=3", "seed=0,1"), ("leave max_seeds out",)),
        (("seed=0",), ("one seed decides nothing",)),
        (("budget_hours=8", "budget_hours=9"), ("more than once: budget_hours",)),
        (("command=status",), ("command=status",)),
        (("overwrite=always",), ("overwrite=always is none of a race",)),
    ],
)
def test_what_cannot_be_answered_is_refused_before_anything_runs(grid: Grid, capsys, words, named):
    assert grid.decide(*words) == 2
    said = capsys.readouterr().err
    assert all(text in said for text in named), said
    assert len(said.splitlines()) == 1
    assert not grid.records()


def test_a_question_about_a_row_that_the_grid_lacks_is_refused(grid: Grid, capsys):
    words = [word for word in grid.all_words if not word.startswith("model=")]
    assert main([*words, "model=minilm", "method=lora,linear_probe", "question=beats_baseline"]) == 2
    assert "no classical row" in capsys.readouterr().err
    assert main([*words, "model=tfidf_sgd"]) == 2
    assert "one row" in capsys.readouterr().err


@pytest.mark.usefixtures("at_once")
def test_the_largest_size_alone(grid: Grid):
    assert grid.decide("question=best_at_largest") == 0
    assert all("64-examples" in name for name in grid.records())


@pytest.mark.usefixtures("at_once")
def test_whether_anything_beats_the_baseline(grid: Grid, capsys):
    assert grid.decide("question=beats_baseline", "baseline=majority") == 0
    said = capsys.readouterr().out
    assert "beats" in said
    assert len(grid.records()) <= 14


def test_a_plan_runs_nothing_and_says_what_to_expect(grid: Grid, capsys):
    assert grid.decide("command=plan", "budget_hours=2") == 0
    said = capsys.readouterr().out
    assert "60 cells at most, at 2 points" in said
    assert "next: 12 cells" in said
    assert "expected:" in said
    assert "enough in 100% of simulated races" in said
    assert not grid.records()


@pytest.mark.usefixtures("at_once")
def test_a_plan_of_a_race_that_has_begun_starts_from_there(grid: Grid, capsys):
    grid.decide()
    capsys.readouterr()
    assert grid.decide("command=plan") == 0
    said = capsys.readouterr().out
    assert "nothing is left to run" in said


@pytest.mark.usefixtures("at_once")
def test_a_row_that_fails_is_named_and_the_others_are_decided(grid: Grid, capsys, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no such luck")

    monkeypatch.setattr("bench.methods.tfidf_logistic.fit", broken)
    assert grid.decide() == 1
    said = capsys.readouterr().out
    assert "ended without a result" in said
    assert "Most frequent label: dropped" in said
    assert sum("logistic" in name for name in grid.records()) == 4  # two seeds, each once: then it is out


@pytest.mark.usefixtures("at_once")
def test_ctrl_c_leaves_a_race_that_goes_on(grid: Grid, capsys, monkeypatch):
    real = session.run_cells
    with monkeypatch.context() as patch:
        patch.setattr(
            session,
            "run_cells",
            lambda cells, *more, **rest: real(cells[:5], *more, **rest) or Interrupted("interrupted"),
        )
        assert grid.decide() == 130
    assert "goes on from here" in capsys.readouterr().err
    assert len(grid.records()) == 5
    assert grid.decide() == 0
    ledger = json.loads(ledger_of(grid).read_text())
    assert set(ledger["begun"]) == grid.records()
