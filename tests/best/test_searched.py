"""Rows that searched their hyperparameters, through the commands: the sweep, its records, its page, the best row."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.best import finish
from bench.best.__main__ import main
from bench.models import refitted
from bench.results.record import parse
from tests.support import cli
from tests.support.texts import topics

SEARCH = "tune.search={training.learning_rate:{low:1e-4,high:1e-1},method.r:[2,4],model.alpha:{low:1e-6,high:1e-2}}"


@pytest.fixture(scope="module")
def words(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Rows of LoRA and TF-IDF with two seeds, finished; by the records the first LoRA seed found the better trial."""
    folder = tmp_path_factory.mktemp("searched")
    topics(30, labels=("sport", "business")).to_csv(folder / "topics.csv", index=False)
    found = (
        "data=file", "data.name=topics", f"data.path={folder / 'topics.csv'}", "num_labels=2", "train_size=16",
        "seed=0,1", "split=nested_small", "name=topics", "model=bert_base,tfidf_sgd", "method=lora", "device=cpu",
        "training.num_train_epochs=4", "training.max_length=16", SEARCH, "tune.trials=3",
        f"mirror_dir={mirror}", *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")),
    )  # fmt: skip
    assert cli.call("-m", *found) == 0
    chosen = {0: (0.9, 0.003, 4, 3), 1: (0.7, 0.01, 2, 2)}
    for path in (folder / "results").rglob("record.json"):
        content = json.loads(path.read_text())
        if content["configuration"]["method"] is None:
            continue
        score, rate, rank, step = chosen[content["configuration"]["seed"]]
        choices = content["measurements"]["choices"]
        choices["hyperparameters"] = {"method.r": rank, "training.learning_rate": rate}
        choices["trials"][0] |= {"parameters": choices["hyperparameters"], "validation_accuracy": score}
        content["measurements"]["training"]["best_step"] = step
        path.write_text(json.dumps(content))
    return found


def folder_of(words: tuple[str, ...], name: str) -> Path:
    return Path(next(word for word in words if word.startswith(f"{name}_dir=")).partition("=")[2])


def test_records_have_every_trial(words: tuple[str, ...]) -> None:
    records = [parse(path.read_text()) for path in folder_of(words, "results").rglob("record.json")]
    assert len(records) == 4
    for record in records:
        assert record.measurements is not None
        choices, identity = record.measurements.choices, record.configuration.identity
        assert len(choices["trials"]) == 3
        options = {"method.r", "training.learning_rate"} if record.configuration.method else {"model.alpha"}
        assert set(identity["tune"]["search"]) == options == set(choices["hyperparameters"])
        assert choices["chosen_by"] == "validation_accuracy"
        assert "optuna" in record.provenance.packages
        assert record.measurements.seconds.train >= sum(trial["seconds"] for trial in choices["trials"])


def test_a_second_sweep_trains_nothing_and_the_page_shows_the_search(
    words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.call("-m", *words) == 0
    assert "4 done, 0 to run" in capfd.readouterr().out
    page = (folder_of(words, "reports") / "topics" / "index.md").read_text()
    assert "Hyperparameters of 4 cells were searched by Optuna in 12 trials" in page
    assert "| bert_base lora | training.learning_rate | 0.0001 to 0.1 (log) |" in page


def test_it_is_trained_with_what_the_best_search_found(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Any] = []
    fit = finish.fit
    monkeypatch.setattr(finish, "fit", lambda *given: made.append(fit(*given)) or made[-1])
    assert main([*words, "--row", "bert_base lora", "--out", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert (
        "hyperparameters: method.r=4, training.learning_rate=0.003 (the search of seed 0: accuracy 0.900 on "
        "validation, the best of 2 seeds)"
    ) in said
    assert "epochs: 3 of a schedule of 4 (best on validation: the seed chose 3)" in said
    (fitted,) = made
    assert fitted.trained.trainer.args.learning_rate == 0.003
    assert fitted.kept.method.r == 4
    about = refitted.read(tmp_path / "mine")
    assert (about.learning_rate, about.epochs) == (0.003, 3)
    card = (tmp_path / "mine" / "README.md").read_text()
    assert "method.r=4, training.learning" in card.replace("\\_", "_").replace("`", "")


def test_a_classical_row_is_trained_with_what_its_search_found(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--row", "tfidf_sgd", "--out", str(tmp_path / "mine")]) == 0
    assert "hyperparameters: model.alpha=" in capsys.readouterr().out
    kept = json.loads((tmp_path / "mine" / "classifier.json").read_text())
    records = [parse(path.read_text()) for path in folder_of(words, "results").rglob("record.json")]
    found = [
        record.measurements.choices["hyperparameters"]["model.alpha"]
        for record in records
        if record.configuration.method is None and record.measurements is not None
    ]
    assert kept["model"]["alpha"] in found
