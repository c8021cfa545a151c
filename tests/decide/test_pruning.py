"""prune=true: a training whose validation leaves it no chance ends early, and its row is out of the race."""

from pathlib import Path

import pytest

from bench.decide import race, session
from bench.decide.begin import begun
from bench.decide.options import taken
from bench.results.record import Status
from bench.running.run import run_cell
from bench.sweep.bars import no_bar
from tests.decide.conftest import Grid, table


@pytest.fixture
def slow(tmp_path: Path, mirror: Path) -> Grid:
    """TF-IDF, and a small model that learns nothing at its rate."""
    table(noise=0.05).to_csv(tmp_path / "topics.csv", index=False)
    words = ("data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "num_labels=2", "train_size=64",
             "split=nested", "split.test_size=60", "split.min_validation_per_label=40", "name=topics",
             "model=tfidf_logistic,bert_base", "method=lora", "device=cpu", f"mirror_dir={mirror}", "seed=0,1,2",
             "training.learning_rate=1e-9", "training.num_train_epochs=2", "training.eval_steps=2",
             "training.per_device_train_batch_size=8", "training.early_stopping_patience=null")  # fmt: skip
    return Grid(tmp_path, words)


def race_of(grid: Grid, *more: str) -> session.Session:
    """The race as the command has it, at its last look."""
    options, words = taken([*grid.all_words, *more])
    found, _ = begun(words, options)
    found.look()
    return found


@pytest.mark.usefixtures("at_once")
def test_a_training_without_a_chance_ends_early(slow: Grid, capsys):
    assert slow.decide() == 0
    assert "dropped after 2 seeds" in capsys.readouterr().out
    race = race_of(slow, "prune=true")
    third = {cell.model.name: cell for cell in race.cells if cell.task.seed == 2}
    leader, behind = third["tfidf_logistic"], third["bert_base"]
    assert race.bar(behind) is None  # the row in front has not that seed yet
    run_cell(leader, race.settings)
    bar = race.bar(behind)
    assert bar is not None
    assert bar.leader == "TF-IDF + logistic regression"
    assert len(bar.correct) == 80
    assert race.bar(leader) is None  # the row in front has none
    record = run_cell(behind, race.settings, bar=bar)
    assert record.status is Status.PRUNED
    assert record.failure is not None
    assert "TF-IDF + logistic regression had" in record.failure.message
    assert slow.decide() == 0, "no failure"
    assert "round" not in capsys.readouterr().out


@pytest.mark.parametrize("asked", [True, False])
def test_bars_are_handed_over_where_that_is_asked(slow: Grid, monkeypatch, asked):
    given = []

    def run(cells, settings, *_, bars):
        given.append(bars)
        for cell in cells:
            run_cell(cell, settings, bar=bars(cell))

    monkeypatch.setattr(session, "run_cells", run)
    monkeypatch.setattr(race, "draw", lambda *_: None)
    assert slow.decide(f"prune={str(asked).lower()}") == 0
    assert all((bars is not no_bar) == asked for bars in given)
    assert given
