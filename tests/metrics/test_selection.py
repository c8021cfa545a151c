"""Any metric chooses: the best weights, the best learning rate, the probe's C."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.data.read import load_pool
from bench.data.split import Examples, Splits, draw
from bench.methods import finetune, linear_probe, validation
from bench.methods.fitted import Context, Diverged, Summary
from bench.methods.metrics import evaluate
from bench.methods.regression import choose_regression
from bench.methods.tune import fit_tuned
from bench.metrics.metric import Metric
from bench.metrics.table import METRICS
from bench.results import store
from bench.results.measurements import HistoryPoint
from bench.results.record import Status
from bench.running.run import run_cell
from bench.settings import Settings
from tests.metrics.made_up import MADE_UP
from tests.support import texts
from tests.support.cli import call, composed
from tests.support.scratch import CACHE

CONTEXT = Context(cache=CACHE, mirror_dir=None, device="cpu")
NAMES = list(METRICS)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Metric:
    """A metric whose entry in the table is all that there is of it."""
    monkeypatch.setitem(METRICS, MADE_UP.name, MADE_UP)
    return MADE_UP


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("topics") / "topics.csv"
    texts.topics(60, labels=("sport", "business", "other, things")).to_csv(path, index=False)
    return path


def make_cell(topics: Path, model: Path, method: dict[str, Any], tune: Any = None, **training: Any) -> Cell:
    rate = {} if tune else {"learning_rate": 0.02}
    options = rate | {"num_train_epochs": 4, "per_device_train_batch_size": 4, "eval_steps": 2, "precision": "fp32"}
    return to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(topics)},
            "split": {"name": "nested"},
            "model": {"name": "tiny", "family": "bert", "source": "hub", "id": "tiny/bert", "path": str(model)},
            "method": method,
            "training": {**options, "early_stopping_patience": None, **training},
            "num_labels": 3,
            "train_size": 24,
            "seed": 0,
        }
        | ({"tune": {"learning_rate": tune}} if tune else {})
    )


def drawn(cell: Cell) -> Splits:
    return draw(cell.task, load_pool(cell.task.data, cache=CACHE, mirror_dir=None))


LORA = {"name": "lora", "r": 4, "dropout": 0.0}


def logged(point: HistoryPoint, name: str) -> float | None:
    named = {"accuracy": point.validation_accuracy, "loss": point.validation_loss}
    return named.get(name, point.validation_score)


@pytest.mark.parametrize("name", [*NAMES, MADE_UP.name])
def test_the_best_weights_are_those_of_the_metric(
    name: str, topics: Path, tiny_models: dict[str, Path], made_up: Metric
) -> None:
    cell = make_cell(topics, tiny_models["bert"], LORA, best_metric=name)
    splits, metric = drawn(cell), METRICS[name]
    fitted = finetune.fit(cell, splits, CONTEXT)
    training = fitted.summary.training
    assert training is not None
    merits = {
        point.step: metric.merit(logged(point, name), point.validation_loss)
        for point in training.history
        if point.validation_loss is not None
    }
    assert len({gain for gain, _ in merits.values()}) > 1, "there is something to choose"
    assert training.best_step == max(merits, key=lambda step: (merits[step], -step))
    found = evaluate(fitted.predict(splits.validation), splits.validation.labels, splits.labels)
    best = next(point for point in training.history if point.step == training.best_step)
    assert found.metric(name) == pytest.approx(logged(best, name), abs=1e-5)


class Guess:
    """A fitted model that gets some validation examples right, more or less surely."""

    def __init__(self, share: float, confidence: float) -> None:
        self.summary = Summary(load_seconds=0, train_seconds=0, parameters=None, frozen_weights=None, choices={})
        self.share, self.confidence = share, confidence

    def predict(self, examples: Examples) -> Any:
        labels = np.asarray(examples.labels)
        right = np.arange(len(labels)) < self.share * len(labels)
        said = np.where(right, labels, (labels + 1) % 3)
        return np.full((len(labels), 3), (1 - self.confidence) / 2) + np.eye(3)[said] * (1.5 * self.confidence - 0.5)


@pytest.mark.parametrize(
    ("name", "rate"), [("accuracy", 0.1), ("macro_f1", 0.1), ("matthews_corrcoef", 0.1), ("loss", 0.2), ("brier", 0.2)]
)
def test_tune_chooses_by_the_metric(name: str, rate: float, topics: Path, tiny_models: dict[str, Path]) -> None:
    cell = make_cell(topics, tiny_models["bert"], LORA, tune=[0.1, 0.2], best_metric=name)
    # the first is right more often, and much too sure
    models = {0.1: Guess(0.6, 0.999), 0.2: Guess(0.5, 0.6)}
    chosen = fit_tuned(cell, drawn(cell), CONTEXT, lambda one, *_: models[one.training.learning_rate])
    choices = chosen.summary.choices
    assert choices["learning_rate"] == rate
    for tried in choices["tries"]:
        assert {f"validation_{each}" for each in ("accuracy", "loss", name)} <= set(tried)


@pytest.mark.parametrize("name", [*NAMES, MADE_UP.name])
def test_the_probe_chooses_c_by_the_metric(name: str, made_up: Metric) -> None:
    random, metric = np.random.default_rng(1), METRICS[name]
    labels = np.arange(60) % 3
    train, held_out = (random.normal(size=(60, 40)) for _ in range(2))
    for features in (train, held_out):
        features[np.arange(60), labels] += 1.5
    strengths = (1e-9, 1e-3, 0.1, 1e6)

    def choose(*some: float) -> tuple[Any, float]:
        return choose_regression(linear_probe.on_scaled, some, (train, labels), (held_out, labels), best_metric=name)

    merits = {}
    for strength in strengths:
        scores = evaluate(choose(strength)[0].predict_proba(held_out), labels.tolist(), list("abc"))
        merits[strength] = metric.merit(scores.metric(name), scores.loss)
    assert len(set(merits.values())) > 1
    assert choose(*strengths)[1] == max(strengths, key=lambda strength: merits[strength])


def test_where_validation_does_not_define_the_metric_the_loss_decides() -> None:
    logits = np.array([[0.1, 0.2], [0.3, 0.2]])
    found = validation.scores(logits, [1, 1], "roc_auc")
    assert found == {"accuracy": 0.5}
    better, worse = ({"eval_loss": loss, "eval_accuracy": 0.5} for loss in (0.5, 0.6))
    assert validation.merit(better, "roc_auc") > validation.merit(worse, "roc_auc")


def test_logits_that_are_not_finite_have_no_metric() -> None:
    assert validation.scores(np.array([[np.nan, 0.2], [0.3, 0.2]]), [0, 1], "brier").keys() == {"accuracy"}


def test_a_training_that_diverges_says_so(topics: Path, tiny_models: dict[str, Path]) -> None:
    cell = make_cell(topics, tiny_models["bert"], LORA, best_metric="roc_auc", max_grad_norm=1e30, weight_decay=0.0)
    assert cell.training is not None
    cell = replace(cell, training=replace(cell.training, learning_rate=1e30))
    with pytest.raises(Diverged, match="loss is"):
        finetune.fit(cell, drawn(cell), CONTEXT)


def test_another_name_of_a_metric_is_the_same_cell() -> None:
    words = ("model=minilm", "method=lora", "data=sms_spam")
    alias, name, default = (
        to_cell(composed(*words, f"training.best_metric={metric}")[0]) for metric in ("log_loss", "loss", "accuracy")
    )
    assert alias.key == name.key != default.key
    assert default.key == to_cell(composed(*words)[0]).key


@pytest.mark.parametrize("option", ["method=lora training.best_metric", "method=linear_probe method.best_metric"])
@pytest.mark.parametrize("value", ["auc", "true", "[loss]", "mean_confidence"])
def test_what_is_no_metric_is_refused_with_the_names(
    option: str, value: str, topics: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("model=minilm", "data=file", "data.name=topics", f"data.path={topics}", "command=plan", "num_labels=2")
    assert call("-m", *words, "train_size=16", "seed=0", *f"{option}={value}".split()) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1, err
    assert "best_metric" in err
    assert ", ".join(METRICS) in err


def test_a_metric_in_the_table_is_in_the_record(
    topics: Path, tiny_models: dict[str, Path], made_up: Metric, tmp_path: Path
) -> None:
    cell = make_cell(topics, tiny_models["bert"], LORA, best_metric=made_up.name, num_train_epochs=1)
    settings = Settings(results_dir=str(tmp_path / "results"), cache_dir=str(tmp_path / "cache"), device="cpu")
    record = run_cell(cell, settings)
    assert record.status is Status.OK, record.failure
    again = store.read(next((tmp_path / "results").rglob(store.RECORD)).parent)
    assert again == record
    assert again is not None
    assert again.measurements is not None
    test = again.measurements.test
    assert test.metric(made_up.name) == min(each.recall for each in test.per_label)
