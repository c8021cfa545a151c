"""A search of hyperparameters within a cell: seeded, on validation alone, every trial in the record."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.data.read import load_pool
from bench.data.split import Examples, Splits, draw
from bench.methods import finetune, tfidf_logistic
from bench.methods.fitted import Context, Diverged, Summary, Validation
from bench.methods.metrics import evaluate
from bench.methods.search import fit_searched
from tests.support import texts
from tests.support.scratch import CACHE

CONTEXT = Context(cache=CACHE, mirror_dir=None, device="cpu")
LORA = {"name": "lora", "target_modules": ["query"]}
LOGISTIC = {"name": "tfidf_logistic", "family": "tfidf_logistic"}
RATES = {"training.learning_rate": {"low": 1e-4, "high": 1e-1}}


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("topics") / "topics.csv"
    texts.topics(60, labels=("sport", "business", "other, things")).to_csv(path, index=False)
    return path


def make_cell(topics: Path, model: Path | dict[str, Any], tune: dict[str, Any], seed: int = 0, **training: Any) -> Cell:
    options = {"num_train_epochs": 4, "per_device_train_batch_size": 4, "eval_steps": 2, "precision": "fp32"}
    tiny = {"name": "tiny", "family": "bert", "source": "hub", "id": "tiny/bert", "path": str(model)}
    return to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(topics)},
            "split": {"name": "nested"},
            "model": model if isinstance(model, dict) else tiny,
            "method": LORA,
            "training": {**options, "early_stopping_patience": None, **training},
            "num_labels": 3,
            "train_size": 24,
            "seed": seed,
            "tune": tune,
        }
    )


def drawn(cell: Cell) -> Splits:
    return draw(cell.task, load_pool(cell.task.data, cache=CACHE, mirror_dir=None))


class Guess:
    """A fitted model that gets a part of the examples right."""

    def __init__(self, share: float) -> None:
        self.summary, self.share = Summary(train_seconds=1.0), share

    def predict(self, examples: Examples) -> Any:
        labels = np.asarray(examples.labels)
        said = np.where(np.arange(len(labels)) < self.share * len(labels), labels, (labels + 1) % 3)
        return np.full((len(labels), 3), 0.1) + 0.7 * np.eye(3)[said]


def guessing(share: Callable[[Cell], float], seen: list[Cell] | None = None) -> Any:
    """A `fit` that trains nothing and is right as often as `share` says."""

    def fit(cell: Cell, splits: Splits, context: Context) -> Guess:
        if seen is not None:
            seen.append(cell)
        return Guess(share(cell))

    return fit


def rate_of(cell: Cell) -> float:
    assert cell.training is not None
    assert cell.training.learning_rate is not None
    return cell.training.learning_rate


def test_the_best_trial_is_trained_once_more(topics: Path, tiny_models: dict[str, Path]) -> None:
    cell = make_cell(topics, tiny_models["bert"], {"search": {**RATES, "method.r": [2, 4, 8]}, "trials": 12})
    seen: list[Cell] = []
    # right most often near 0.01, and with a rank of 4
    fitted = fit_searched(
        cell,
        drawn(cell),
        CONTEXT,
        guessing(lambda one: 0.9 - 0.1 * abs(np.log10(rate_of(one)) + 2) - 0.1 * (one.method.r != 4), seen),  # type: ignore[union-attr]
    )
    choices = fitted.summary.choices
    trials = choices["trials"]
    assert len(trials) == 12
    assert all(1e-4 <= trial["parameters"]["training.learning_rate"] <= 1e-1 for trial in trials)
    assert {trial["parameters"]["method.r"] for trial in trials} == {2, 4, 8}
    best = max(trials, key=lambda trial: (trial["validation_accuracy"], -trial["validation_loss"]))
    assert choices["hyperparameters"] == best["parameters"]
    assert choices["chosen_by"] == "validation_accuracy"
    assert len(seen) == 13
    assert all(one.tune is None for one in seen)
    assert (rate_of(seen[-1]), seen[-1].method.r) == tuple(  # type: ignore[union-attr]
        best["parameters"][name] for name in ("training.learning_rate", "method.r")
    )
    assert fitted.summary.train_seconds == pytest.approx(1.0 + sum(trial["seconds"] for trial in trials))


def test_the_sampler_goes_where_validation_is_good(topics: Path, tiny_models: dict[str, Path]) -> None:
    cell = make_cell(topics, tiny_models["bert"], {"search": RATES, "trials": 40}, best_metric="loss")
    fitted = fit_searched(cell, drawn(cell), CONTEXT, guessing(lambda one: 1 - abs(np.log10(rate_of(one)) + 2) / 3))
    rates = [trial["parameters"]["training.learning_rate"] for trial in fitted.summary.choices["trials"]]
    late = [rate for rate in rates[20:] if 10**-2.5 < rate < 10**-1.5]
    assert len(late) > 10, "a third of the range has more than half of the trials: a random search has a third"


def test_the_same_cell_has_the_same_trials(topics: Path, tiny_models: dict[str, Path]) -> None:
    def rates(cell: Cell) -> list[float]:
        fitted = fit_searched(cell, drawn(cell), CONTEXT, guessing(lambda one: 0.5))
        return [trial["parameters"]["training.learning_rate"] for trial in fitted.summary.choices["trials"]]

    cell = make_cell(topics, tiny_models["bert"], {"search": RATES, "trials": 5})
    assert rates(cell) == rates(cell)
    assert cell.training is not None
    halved = replace(cell, training=replace(cell.training, per_device_train_batch_size=2))
    assert rates(halved) == rates(cell), "where memory does not hold its batches"
    assert rates(make_cell(topics, tiny_models["bert"], {"search": RATES, "trials": 5}, seed=1)) != rates(cell)


def test_lists_are_tried_once_each(topics: Path, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.methods.search.MAX_ASKED", 1)  # the sampler would come back to what it knows
    search = {"method.r": [2, 4, 8], "method.dropout": [0.0, 0.1]}
    cell = make_cell(topics, tiny_models["bert"], {"search": search, "trials": 100})
    assert cell.tune is not None
    assert cell.tune.trials == 6
    fitted = fit_searched(cell, drawn(cell), CONTEXT, guessing(lambda one: 0.9 if one.method.r == 8 else 0.5))  # type: ignore[union-attr]
    tried = {tuple(trial["parameters"].values()) for trial in fitted.summary.choices["trials"]}
    assert len(fitted.summary.choices["trials"]) == len(tried) == 6


def test_none_is_trained_twice(topics: Path, tiny_models: dict[str, Path]) -> None:
    cell = make_cell(topics, tiny_models["bert"], {"search": {"method.r": {"low": 1, "high": 3}}, "trials": 6})
    seen: list[Cell] = []
    fitted = fit_searched(cell, drawn(cell), CONTEXT, guessing(lambda one: 0.5, seen))
    assert sorted(trial["parameters"]["method.r"] for trial in fitted.summary.choices["trials"]) == [1, 2, 3]
    assert len(seen) == 4


def test_a_trial_that_is_behind_is_pruned(topics: Path, tiny_models: dict[str, Path]) -> None:
    def fit(cell: Cell, splits: Splits, context: Context) -> Guess:
        number = next(count)
        score = 0.9 if number < 6 else 0.5
        for step in range(1, 11):
            context.on_validation(
                Validation(step=step, max_steps=10, score=score, accuracy=score, loss=1.0, every=1, correct=())
            )
        return Guess(score)

    count = iter(range(100))
    cell = make_cell(topics, tiny_models["bert"], {"search": RATES, "trials": 8})
    trials = fit_searched(cell, drawn(cell), CONTEXT, fit).summary.choices["trials"]  # type: ignore[arg-type]
    assert [trial["state"] for trial in trials] == ["complete"] * 6 + ["pruned"] * 2
    assert trials[6]["steps"] == 2
    assert trials[6]["validation_accuracy"] == 0.5
    assert trials[6]["reason"] == (
        "up to step 2 of 10 its accuracy on validation was worse than the median of the earlier trials"
    )
    count = iter(range(100))
    whole = make_cell(topics, tiny_models["bert"], {"search": RATES, "trials": 8, "prune": False})
    trials = fit_searched(whole, drawn(whole), CONTEXT, fit).summary.choices["trials"]  # type: ignore[arg-type]
    assert {trial["state"] for trial in trials} == {"complete"}


def test_trials_that_diverge_are_passed_over(topics: Path, tiny_models: dict[str, Path]) -> None:
    def fit(cell: Cell, splits: Splits, context: Context) -> Guess:
        if rate_of(cell) > limit:
            raise Diverged("loss is nan at step 3")
        return Guess(0.5)

    limit, cell = 0.01, make_cell(topics, tiny_models["bert"], {"search": RATES, "trials": 10})
    choices = fit_searched(cell, drawn(cell), CONTEXT, fit).summary.choices  # type: ignore[arg-type]
    states = {trial["parameters"]["training.learning_rate"] > limit: trial["state"] for trial in choices["trials"]}
    assert states == {True: "diverged", False: "complete"}
    assert choices["hyperparameters"]["training.learning_rate"] <= limit
    (first, *_) = (trial for trial in choices["trials"] if trial["state"] == "diverged")
    assert first["reason"] == "loss is nan at step 3"
    assert "validation_accuracy" not in first
    limit = 0
    with pytest.raises(Diverged, match=r"training diverged in all 10 trials of tune\.search"):
        fit_searched(cell, drawn(cell), CONTEXT, fit)  # type: ignore[arg-type]


class Unread(Examples):
    """Test examples that may not be looked at."""

    __slots__ = ()
    allowed = False

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("__") and not Unread.allowed:
            raise AssertionError(f"{name} of the test examples was read in the search")
        return super().__getattribute__(name)


@pytest.mark.parametrize("row", ["lora", "last_block", "linear_probe", "tfidf_logistic"])
def test_no_trial_reads_a_test_example(row: str, topics: Path, tiny_models: dict[str, Path]) -> None:
    import importlib

    tunes = {
        "lora": {"search": {**RATES, "method.r": [2, 4]}, "trials": 2},
        "last_block": {"search": RATES, "trials": 2},
        "linear_probe": {"search": {"method.C": {"low": 0.1, "high": 10}}, "trials": 2},
        "tfidf_logistic": {"search": {"model.C": {"low": 0.1, "high": 10}, "model.ngram_max": [1, 2]}, "trials": 2},
    }
    cell = make_cell(topics, LOGISTIC if row == "tfidf_logistic" else tiny_models["bert"], tunes[row])
    if row in ("last_block", "linear_probe"):
        cell = with_method(topics, tiny_models["bert"], row, tunes[row])
    splits = drawn(cell)
    test = splits.test
    fit = importlib.import_module(cell.approach.module).fit
    trials: list[bool] = []

    def watched(one: Cell, examples: Splits, context: Context) -> Any:
        trials.append(context.is_trial)
        Unread.allowed = not context.is_trial
        return fit(one, examples, context)

    Unread.allowed = False
    unread = replace(splits, test=Unread(test.ids, test.texts, test.labels))
    fitted = fit_searched(cell, unread, CONTEXT, watched)
    assert trials == [True, True, False]
    assert len(fitted.summary.choices["trials"]) == 2
    assert evaluate(fitted.predict(test), test.labels, splits.labels).num_examples == len(test)


def with_method(topics: Path, model: Path, name: str, tune: dict[str, Any]) -> Cell:
    return to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(topics)},
            "split": {"name": "nested"},
            "model": {"name": "tiny", "family": "bert", "source": "hub", "id": "tiny/bert", "path": str(model)},
            "method": {"name": name},
            "training": {"num_train_epochs": 2, "precision": "fp32"},
            "num_labels": 3,
            "train_size": 24,
            "seed": 0,
            "tune": tune,
        }
    )


def test_a_real_search_gives_what_the_best_gives_alone(topics: Path, tiny_models: dict[str, Path]) -> None:
    cell = make_cell(topics, tiny_models["bert"], {"search": {**RATES, "method.r": [2, 4]}, "trials": 4})
    splits = drawn(cell)
    fitted, again = (fit_searched(cell, splits, CONTEXT, finetune.fit) for _ in range(2))
    kept, trials = fitted.summary.choices["hyperparameters"], fitted.summary.choices["trials"]
    without_time = [{name: value for name, value in trial.items() if name != "seconds"} for trial in trials]
    assert without_time == [
        {name: value for name, value in trial.items() if name != "seconds"} for trial in again.summary.choices["trials"]
    ]
    assert all(trial["steps"] > 0 for trial in trials)
    assert cell.training is not None
    alone = replace(
        cell,
        tune=None,
        method=replace(cell.method, r=kept["method.r"]),  # type: ignore[type-var]
        training=replace(cell.training, learning_rate=kept["training.learning_rate"]),
    )
    plain = finetune.fit(alone, splits, CONTEXT)
    np.testing.assert_array_equal(fitted.predict(splits.test), plain.predict(splits.test))
    assert fitted.summary.before == plain.summary.before
    assert plain.summary.before is not None


def test_classical_rows_are_searched_too(topics: Path) -> None:
    search = {"model.C": {"low": 1e-2, "high": 1e2}, "model.ngram_max": [1, 2], "method.r": [2, 4]}
    cell = make_cell(topics, LOGISTIC, {"search": search, "trials": 5})
    assert cell.tune is not None
    assert list(cell.tune.search) == ["model.C", "model.ngram_max"], "the rest is other rows'"
    fitted = fit_searched(cell, drawn(cell), CONTEXT, tfidf_logistic.fit)
    choices = fitted.summary.choices
    assert choices["C"] == choices["hyperparameters"]["model.C"]
    assert len(choices["trials"]) == 5
