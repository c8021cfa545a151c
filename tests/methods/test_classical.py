"""Classical rows: what the command records of each is what scikit-learn gives by itself, the same on every run."""

import functools
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from bench.cell import Cell
from bench.compose import to_cell, to_settings
from bench.data.read import load_pool
from bench.data.split import Examples, Splits, draw
from bench.errors import UserError
from bench.methods.fitted import Context, Fitted
from bench.methods.temperature import temperature
from bench.results import store
from bench.results.record import Status
from bench.running.run import run_cell
from tests.support.cli import call, composed
from tests.support.methods import CLASSICAL, family_of
from tests.support.texts import topics

ROWS = tuple(map(family_of, CLASSICAL))
CONTEXT = Context(cache=Path(), mirror_dir=None, device="cpu")


@functools.cache
def cell(*words: str) -> Cell:
    return to_cell(composed(*words)[0])


def fitted(row: str, splits: Splits, *words: str) -> Fitted:
    planned = cell(f"model={row}", "data=sms_spam", *words)
    return importlib.import_module(planned.approach.module).fit(planned, splits, CONTEXT)


def splits(train: list[tuple[str, int]], validation: list[tuple[str, int]], labels: int = 2) -> Splits:
    def examples(pairs: list[tuple[str, int]]) -> Examples:
        texts, numbers = zip(*pairs, strict=True)
        return Examples(tuple(map(str, range(len(texts)))), texts, numbers)

    names = tuple(f"label {number}" for number in range(labels))
    return Splits(names, examples(train), examples(validation), examples(train), 0)


def _sgd(train: Any, labels: Any, *_: Any) -> Callable[[Any], Any]:
    return SGDClassifier(loss="log_loss", random_state=3).fit(train, labels).predict_proba


def _naive_bayes(train: Any, labels: Any, *_: Any) -> Callable[[Any], Any]:
    return ComplementNB().fit(train, labels).predict_proba


def _majority(train: Any, labels: Any, *_: Any) -> Callable[[Any], Any]:
    return DummyClassifier(strategy="prior").fit(train, labels).predict_proba


def _logistic(train: Any, labels: Any, validation: Any, expected: Any) -> Callable[[Any], Any]:
    def badness(regression: LogisticRegression) -> tuple[float, float]:
        return -regression.score(validation, expected), log_loss(expected, regression.predict_proba(validation))

    tried = [LogisticRegression(C=strength, max_iter=2000).fit(train, labels) for strength in (0.1, 1, 10, 100)]
    return min(tried, key=badness).predict_proba


def _svm(train: Any, labels: Any, validation: Any, expected: Any) -> Callable[[Any], Any]:
    svm = LinearSVC(random_state=3).fit(train, labels)
    steepness = np.exp(np.linspace(-5, 5, 20_001))[:, None, None]
    logs = np.log(softmax(steepness * svm.decision_function(validation)[None], axis=2))
    count, width = logs.shape[1:]
    targets = (np.eye(width)[list(expected)] * count + 1) / (count + width)
    best = steepness[(targets * logs).sum(axis=(1, 2)).argmax()]
    return lambda test: softmax(best * svm.decision_function(test), axis=1)


BY_HAND = {
    "tfidf_sgd": _sgd, "tfidf_logistic": _logistic, "tfidf_linear_svm": _svm, "tfidf_naive_bayes": _naive_bayes,
    "majority": _majority,
}  # fmt: skip


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Cell], Path, tuple[str, ...]]:
    """One sweep of all rows on three labels: their cells, the folder, and the words."""
    folder = tmp_path_factory.mktemp("classical")
    topics(60, labels=("sport", "business", "science")).to_csv(folder / "topics.csv", index=False)
    words = ("data=file", "data.name=topics", f"data.path={folder / 'topics.csv'}", "num_labels=3", "train_size=24",
             "seed=3", f"model={','.join(ROWS)}", f"reports_dir={folder / 'reports'}", f"cache_dir={folder / 'cache'}",
             "device=cpu", "split=nested_small")  # fmt: skip
    assert call("-m", *words, f"results_dir={folder / 'results'}") == 0
    return {each.row: each for each in map(to_cell, composed("-m", *words))}, folder, words


def recorded(of: Cell, results: Path) -> tuple[Any, np.ndarray]:
    """The record, and the probabilities of the test examples."""
    record = store.read(of.folder(results))
    assert record is not None
    predictions = store.read_predictions(of.folder(results), record)
    assert predictions is not None
    return record, np.stack(predictions[predictions.split == "test"].probabilities.to_list())


@pytest.mark.parametrize("row", BY_HAND)
def test_probabilities_are_those_of_scikit_learn(row: str, swept: Any) -> None:
    cells, folder, _ = swept
    record, probabilities = recorded(cells[row], folder / "results")
    task = cells[row].task
    drawn = draw(task, load_pool(task.data, cache=folder / "cache", mirror_dir=None))
    vectorizer = TfidfVectorizer()
    train = vectorizer.fit_transform(drawn.train.texts)
    validation, test = (vectorizer.transform(part.texts) for part in (drawn.validation, drawn.test))
    expected = BY_HAND[row](train, drawn.train.labels, validation, drawn.validation.labels)(test)
    np.testing.assert_allclose(probabilities, expected, atol=2e-3 if row == "tfidf_linear_svm" else 1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    accuracy = (expected.argmax(axis=1) == np.asarray(drawn.test.labels)).mean()
    assert record.measurements.test.accuracy == pytest.approx(accuracy)
    assert (accuracy > 0.5) == (row != "majority"), "there is something to learn"


@pytest.mark.parametrize("row", ROWS)
def test_another_run_scores_the_same(row: str, swept: Any) -> None:
    cells, folder, _ = swept
    settings = {"results_dir": str(folder / "again"), "cache_dir": str(folder / "cache"), "device": "cpu"}
    assert run_cell(cells[row], to_settings(settings)).status is Status.OK
    (first, before), (second, after) = (recorded(cells[row], folder / name) for name in ("results", "again"))
    assert before.tobytes() == after.tobytes()
    assert first.measurements.test == second.measurements.test
    assert first.measurements.choices == second.measurements.choices


def test_the_plan_and_the_list_of_models_know_them(swept: Any, capfd: pytest.CaptureFixture[str]) -> None:
    _, folder, words = swept
    assert call("-m", *words, f"results_dir={folder / 'none'}", "command=plan") == 0
    planned = capfd.readouterr().out
    assert all(row in planned for row in ROWS)
    from bench.models.__main__ import main

    assert main([*ROWS, "--json"]) == 0
    assert [model["name"] for model in json.loads(capfd.readouterr().out)] == list(ROWS)


def test_what_was_chosen_is_recorded(swept: Any) -> None:
    cells, folder, _ = swept
    choices = {row: recorded(of, folder / "results")[0].measurements.choices for row, of in cells.items()}
    assert choices["tfidf_logistic"]["C"] in (0.1, 1.0, 10.0, 100.0)
    assert choices["tfidf_linear_svm"]["temperature"] > 0
    assert all(choices[row]["analyzer"] == "word" for row in ROWS if row != "majority")


@pytest.mark.parametrize("row", ROWS)
def test_one_training_example_of_a_label_and_none_for_validation_will_do(row: str) -> None:
    few = splits([("goal match", 0), ("bank market", 1), ("star orbit", 2)], [("a goal", 0), ("the match", 0)], 3)
    model = fitted(row, few)
    probabilities = model.predict(few.train)
    assert probabilities.shape == (3, 3)
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argmax(axis=1) == (0, 1, 2)).all() == (row != "majority")


@pytest.mark.parametrize("row", ROWS)
def test_many_labels(row: str) -> None:
    pairs = [(f"word{label} word{label + 1} other", label) for label in range(300)]
    many = splits(pairs * 2, pairs, 300)
    probabilities = fitted(row, many, *(["model.C=[10]"] if row == "tfidf_logistic" else [])).predict(many.train)
    assert probabilities.shape == (600, 300)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert row == "majority" or (probabilities.argmax(axis=1) == many.train.labels).mean() > 0.95


@pytest.mark.parametrize("row", [row for row in ROWS if row != "majority"])
def test_texts_without_words(row: str) -> None:
    emoji = splits([("🏀", 0), ("💵", 1), ("⚽", 0), ("🏦", 1)], [("🏀", 0), ("💵", 1)])
    assert (fitted(row, emoji).predict(emoji.validation).argmax(axis=1) == (0, 1)).all()
    with pytest.raises(UserError, match=r"model\.analyzer=word finds no word of two letters in the 4 training texts"):
        fitted(row, emoji, "model.analyzer=word")
    empty = splits([(" ", 0), ("", 1)], [("\n", 0), ("", 1)])
    np.testing.assert_allclose(fitted(row, empty).predict(empty.test).sum(axis=1), 1)


def test_shares_are_those_of_the_training_examples() -> None:
    uneven = splits([("a", 1)] * 3 + [("b", 0)], [("c", 0)])
    np.testing.assert_allclose(fitted("majority", uneven).predict(uneven.validation), [[0.25, 0.75]])


@pytest.mark.parametrize("labels", [2, 4])
def test_a_temperature_leaves_decisions_and_makes_no_few_right_ones_certain(labels: int) -> None:
    """Five right answers of five say little: a sharper softmax would always suit them better."""
    draws = np.random.default_rng(0)
    true = draws.integers(labels, size=5)
    scores = np.eye(labels)[true]
    assert softmax(scores / temperature(scores, true), axis=1).max() < 0.97
    # many that are right as often as their softmax at a temperature says: that temperature is found
    scores = draws.normal(size=(20_000, labels))
    chances = softmax(scores / 0.25, axis=1)
    true = (chances.cumsum(axis=1) < draws.random((len(chances), 1))).sum(axis=1).clip(max=labels - 1)
    assert temperature(scores, true) == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize("row", [row for row in ROWS if row != "majority"])
def test_a_published_protocol_has_the_words_of_scikit_learn(row: str) -> None:
    assert cell(f"model={row}", "data=sms_spam").model.analyzer == "auto"
    assert cell(f"model={row}", "split=published", "data=go_emotions", "num_labels=4").model.analyzer == "word"
    asked = cell(f"model={row}", "model.analyzer=char", "split=published", "data=go_emotions", "num_labels=4")
    assert asked.model.analyzer == "char", "what is asked for is done"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("model=tfidf_logistic", "model.C=[]"), "model.C=[]: at least one is needed"),
        (("model=tfidf_linear_svm", "model.C=0"), "model.C=0: input should be greater than 0"),
        (("model=tfidf_naive_bayes", "model.alpha=1e-12"), "model.alpha=1e-12: input should be greater than or equal"),
        (("model=majority", "+model.alpha=1"), "model.alpha=1: there is no such option"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    words: tuple[str, ...], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(*words) == 2
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert said in line
