"""Races of odd grids and damaged folders: what is said is true, and says why."""

from pathlib import Path

import pytest

from bench.decide.__main__ import main
from tests.decide.conftest import Grid

OWN_SEEDS = """# @package _global_
experiment: own
hydra:
  sweeper:
    rows:
      - {model: tfidf_logistic, seed: "0,1"}
      - {model: tfidf_sgd, seed: "5,6"}
"""

pytestmark = pytest.mark.usefixtures("at_once")


def verdicts(said: str) -> list[str]:
    """The lines after the last count of what was answered."""
    lines = said.splitlines()
    return lines[max(place for place, line in enumerate(lines) if " answered" in line) + 1 :]


def test_a_row_is_not_called_best_of_all_where_another_ones_predictions_are_lost(grid: Grid, capsys):
    assert grid.decide("max_seeds=3") == 0
    capsys.readouterr()
    lost = list((grid.folder / "results").rglob("tfidf-sgd*/predictions-*.parquet"))
    assert lost
    for path in lost:
        path.unlink()
    assert grid.decide("max_seeds=3") == 1
    said = verdicts(capsys.readouterr().out)
    assert "is best of the others, after 2 seeds; TF-IDF ended without a result" in said[0]
    assert any("1 cell of TF-IDF without a result" in line and f"{lost[0].name} is gone" in line for line in said)


def test_a_size_that_the_data_cannot_give_is_no_failure_and_is_explained(grid: Grid, capsys):
    assert grid.decide("max_seeds=2", "train_size=16,400") == 0
    said = verdicts(capsys.readouterr().out)
    assert "nothing to compare" in said[1]
    assert len(said) == 3
    assert said[2].strip().startswith("6 cells of TF-IDF + logistic regression, Most frequent label and TF-IDF without")
    assert "train_size=400 with num_labels=2 needs" in said[2]


def test_a_grid_of_which_the_data_can_give_nothing_is_a_failure(grid: Grid):
    assert grid.decide("max_seeds=2", "train_size=400") == 1


def test_a_baseline_that_is_not_beaten_is_not_said_to_be_in_front(grid: Grid, capsys):
    assert grid.decide("question=beats_baseline", "max_seeds=2", "model=tfidf_logistic,tfidf_sgd") == 0
    said = capsys.readouterr().out
    assert "nothing was found to beat TF-IDF" in said
    assert "in front" not in said


@pytest.mark.parametrize("content", ['{"format": 1, "begun": 5}', '{"format": 1}', "[]", "{"])
def test_a_ledger_that_is_damaged_is_named(grid: Grid, capsys, content):
    path = grid.folder / "results" / ".races" / "topics-race.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert grid.decide() == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert len(said.splitlines()) == 1


def test_rows_with_seeds_of_their_own_are_refused(grid: Grid, capsys, tmp_path: Path):
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "own.yaml").write_text(OWN_SEEDS)
    words = [word for word in grid.all_words if not word.startswith("model=")]
    assert main(["own", *words, "--config-dir", str(tmp_path / "conf")]) == 2
    said = capsys.readouterr().err
    assert "rows of a race need the same seeds, but tfidf_logistic has 0,1" in said
    assert not grid.records()
