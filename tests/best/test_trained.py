"""What is trained by gradients: as many epochs as validation chose, at the rate that it chose, in halves if need be."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.best import finish, refit
from bench.best.__main__ import main
from bench.methods.training import Trained
from bench.models import refitted
from bench.running.steps import steps_in
from tests.support import cli
from tests.support.texts import topics


@pytest.fixture(scope="module")
def words(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """A LoRA row of three seeds that try two rates, finished; its records say what they chose."""
    folder = tmp_path_factory.mktemp("trained")
    topics(30, labels=("sport", "business")).to_csv(folder / "topics.csv", index=False)
    found = (
        "data=file", "data.name=topics", f"data.path={folder / 'topics.csv'}", "num_labels=2", "train_size=16",
        "seed=0,1,2", "split=nested_small", "name=topics", "model=bert_base", "method=lora", "device=cpu",
        "training.num_train_epochs=4", "training.max_length=16", "tune.learning_rate=[0.001,0.01]",
        f"mirror_dir={mirror}", *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")),
    )  # fmt: skip
    assert cli.call("-m", *found) == 0
    chosen = {0: (0.001, 1), 1: (0.01, 2), 2: (0.01, 3)}  # by seed: the rate, and the step of the best weights
    for path in (folder / "results").rglob("record.json"):
        content = json.loads(path.read_text())
        rate, step = chosen[content["configuration"]["seed"]]
        content["measurements"]["choices"]["learning_rate"] = rate
        content["measurements"]["training"]["best_step"] = step
        path.write_text(json.dumps(content))
    return found


def test_it_is_trained_as_validation_chose(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Any] = []
    fit = finish.fit
    monkeypatch.setattr(finish, "fit", lambda *given: made.append(fit(*given)) or made[-1])
    assert main([*words, "--out", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert "learning rate: 0.01 (seeds chose 0.001, 0.01, 0.01)" in said
    assert "epochs: 2.5 of a schedule of 4 (best on validation: seeds chose 2, 3)" in said
    (fitted,) = made
    trained: Trained = fitted.trained
    about, training = refitted.read(tmp_path / "mine"), fitted.summary.training
    assert (about.learning_rate, about.epochs) == (0.01, 2.5)
    assert len(trained.trainer.train_dataset) == about.num_rows
    assert training.steps == steps_in(trained.config, about.num_rows, 2.5)
    assert training.max_steps == steps_in(trained.config, about.num_rows, 4)
    assert trained.trainer.args.learning_rate == 0.01
    assert training.best_step is None
    assert not any(point.validation_loss for point in training.history)


def test_it_is_tried_again_in_halves(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[int] = []
    fit_again = refit.fit_again

    def fit(*given: Any, halvings: int) -> Any:
        tried.append(halvings)
        if halvings < 2:
            raise MemoryError
        return fit_again(*given, halvings=halvings)

    monkeypatch.setattr(refit, "fit_again", fit)
    assert main([*words, "--out", str(tmp_path / "mine")]) == 0
    assert tried == [0, 1, 2]
    assert capsys.readouterr().err.count("trying again with half the batch") == 2
