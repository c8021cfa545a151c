"""`training.class_weight`: what labels count, and that a rare label is found more often, in every row that learns."""

import functools
import importlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from bench.cell import Cell
from bench.compose import to_cell, to_settings
from bench.config.class_weight import ClassWeight
from bench.data.read import load_pool
from bench.data.split import Splits, draw
from bench.methods.class_weight import label_weights, oversampled, training_set
from bench.methods.equal_labels import EqualLabels
from bench.methods.fitted import Context
from bench.methods.trainer import weighted_loss
from bench.results import store
from bench.results.record import Status
from bench.running.run import run_cell
from bench.running.warm import Warm
from tests.support.cli import composed
from tests.support.scratch import CACHE
from tests.support.unequal import RARE, ROWS, words, write

LABELS = (0,) * 90 + (1,) * 8 + (3,) * 2
"""Of four labels; the third has no training example."""
CONTEXT = Context(cache=CACHE, mirror_dir=None, device="cpu")
MADE_UP: tuple[ClassWeight, ...] = ("balanced", "sqrt", "oversample")


def test_balanced_is_that_of_scikit_learn_and_sqrt_is_between() -> None:
    balanced, half = (label_weights(LABELS, 4, how) for how in ("balanced", "sqrt"))
    assert balanced is not None
    assert half is not None
    known = np.asarray([0, 1, 3])
    np.testing.assert_allclose(balanced[known], compute_class_weight("balanced", classes=known, y=LABELS))
    np.testing.assert_allclose(half[known] / half[0], np.sqrt(balanced[known] / balanced[0]))
    for weights in (balanced, half):
        assert weights[2] == 1
        assert np.mean([weights[label] for label in LABELS]) == pytest.approx(1)
    assert label_weights(LABELS, 4, "none") is None


def test_equal_labels_count_the_same_whatever_is_asked_for() -> None:
    for how in ("balanced", "sqrt"):
        np.testing.assert_allclose(label_weights((0, 1, 2) * 5, 3, how), 1)
    assert sorted(oversampled((0, 1, 2) * 5, seed=1)) == list(range(15))


def test_rarer_labels_are_drawn_again_by_the_seed() -> None:
    rows = oversampled(LABELS, seed=0)
    assert rows[: len(LABELS)].tolist() == list(range(len(LABELS)))
    assert set(Counter(np.asarray(LABELS)[rows].tolist()).values()) == {90}
    assert rows.tobytes() == oversampled(LABELS, seed=0).tobytes() != oversampled(LABELS, seed=1).tobytes()
    given = training_set(np.arange(len(LABELS)), LABELS, "oversample", seed=0)
    assert [LABELS[row] for row in given.features] == list(given.labels)


@pytest.mark.parametrize("lengths", [None, [1 + row % 7 for row in range(len(LABELS))]])
def test_an_epoch_has_each_label_as_often(lengths: list[int] | None) -> None:
    sampler = EqualLabels(LABELS, seed=0, lengths=lengths, batch=4)
    epochs = [list(sampler) for _ in range(3)]
    for epoch in epochs:
        assert len(epoch) == len(sampler) == len(LABELS)
        counts = Counter(LABELS[row] for row in epoch)
        assert sorted(counts.values()) == [33, 33, 34]
        of_rare = Counter(row for row in epoch if LABELS[row] == 1)
        assert len(of_rare) == 8
        assert max(of_rare.values()) - min(of_rare.values()) <= 1
        if lengths is not None:
            steps = [{lengths[row] for row in epoch[i : i + 4]} for i in range(0, 100, 4)]
            assert np.mean([len(step) for step in steps]) < 2
    assert epochs[0] != epochs[1]
    assert [list(EqualLabels(LABELS, seed=seed, lengths=lengths, batch=4)) == epochs[0] for seed in (0, 1)] == [
        True,
        False,
    ]


def test_a_batch_in_halves_has_the_gradient_of_the_whole() -> None:
    logits, labels = torch.randn(8, 3, requires_grad=True), torch.tensor([0, 0, 0, 0, 0, 1, 2, 2])
    (whole,) = torch.autograd.grad(weighted_loss(logits, labels, [0.5, 1.0, 3.0]), logits)
    halves = [weighted_loss(logits[part], labels[part], [0.5, 1.0, 3.0]) / 2 for part in (slice(4), slice(4, 8))]
    (both,) = torch.autograd.grad(halves[0] + halves[1], logits)
    torch.testing.assert_close(whole, both)
    torch.testing.assert_close(
        weighted_loss(logits, labels, [1.0] * 3), torch.nn.functional.cross_entropy(logits, labels)
    )


@pytest.fixture(scope="module")
def unequal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("unequal") / "unequal.csv")


@pytest.fixture(scope="module")
def answers(unequal: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a row with a `class_weight`, once; gives its cell and test predictions."""
    folder, warm = tmp_path_factory.mktemp("answers"), Warm()

    @functools.cache
    def run(row: str, how: str) -> tuple[Cell, pd.DataFrame]:
        settings = [f"{name}_dir={folder / name}" for name in ("results", "cache")]
        (content,) = composed(*words(unequal, mirror, row, *settings, f"training.class_weight={how}"))
        cell = to_cell(content)
        record = run_cell(cell, to_settings(content), warm=warm)
        assert record.status is Status.OK, record.failure
        frame = store.read_predictions(cell.folder(folder / "results"), record)
        assert frame is not None
        return cell, frame[frame.split == "test"].set_index("id")

    return run


@pytest.mark.parametrize("how", MADE_UP)
@pytest.mark.parametrize("row", [row for row in ROWS if row != "tfidf_naive_bayes"])
def test_the_rare_label_is_found_more_often(row: str, how: str, answers: Any) -> None:
    """On the very same test examples: more of the rare label are found anew than lost."""
    if row == "setfit":
        pytest.importorskip("setfit")
    (_, plain), (cell, weighted) = answers(row, "none"), answers(row, how)
    assert cell.task.split.name == "natural"
    rare = plain[plain.label == RARE].index
    assert len(rare) > 30
    before, after = (frame.loc[rare].predicted == RARE for frame in (plain, weighted))
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    assert gained > lost


CLASSIFIERS: dict[str, Any] = {
    "tfidf_sgd": lambda: SGDClassifier(loss="log_loss", random_state=0, class_weight="balanced"),
    "tfidf_logistic": lambda: LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced"),
    "tfidf_linear_svm": lambda: LinearSVC(random_state=0, class_weight="balanced"),
}


def drawn(unequal: Path, mirror: Path, row: str, *more: str) -> tuple[Cell, Splits]:
    cell = to_cell(composed(*words(unequal, mirror, row, *more))[0])
    return cell, draw(cell.task, load_pool(cell.task.data, cache=CACHE, mirror_dir=None))


@pytest.mark.parametrize("row", CLASSIFIERS)
def test_classical_rows_are_scikit_learns(row: str, unequal: Path, mirror: Path) -> None:
    more = ["model.C=[1.0]"] if row == "tfidf_logistic" else []
    cell, splits = drawn(unequal, mirror, row, "training.class_weight=balanced", *more)
    fitted = importlib.import_module(cell.approach.module).fit(cell, splits, CONTEXT)
    vectorizer = TfidfVectorizer()
    expected = CLASSIFIERS[row]().fit(vectorizer.fit_transform(splits.train.texts), splits.train.labels)
    given = fitted.predict(splits.test).argmax(axis=1)
    assert given.tolist() == expected.predict(vectorizer.transform(splits.test.texts)).tolist()


def test_naive_bayes_weighs_each_example(unequal: Path, mirror: Path) -> None:
    cell, splits = drawn(unequal, mirror, "tfidf_naive_bayes", "training.class_weight=balanced")
    given = importlib.import_module(cell.approach.module).fit(cell, splits, CONTEXT).predict(splits.test)
    vectorizer = TfidfVectorizer()
    train, weights = (
        vectorizer.fit_transform(splits.train.texts),
        compute_sample_weight("balanced", splits.train.labels),
    )
    bayes = ComplementNB().fit(train, splits.train.labels, weights)
    np.testing.assert_allclose(given, bayes.predict_proba(vectorizer.transform(splits.test.texts)))


@pytest.mark.parametrize(
    ("row", "group"), [("lora", "training"), ("linear_probe", "method"), ("tfidf_logistic", "model")]
)
def test_accuracy_does_not_choose_what_weights_are_given_for(row: str, group: str, unequal: Path, mirror: Path) -> None:
    """Unless it is asked for."""
    weight, metric = "training.class_weight=sqrt", f"{group}.best_metric=accuracy"
    grid = [composed(*words(unequal, mirror, row, *more))[0] for more in ([], [weight], [weight, metric])]
    metrics = [getattr(to_cell(content), group).best_metric for content in grid]
    assert metrics == ["accuracy", "macro_f1", "accuracy"]


@pytest.mark.parametrize("row", ROWS)
def test_only_what_is_asked_for_is_in_a_key(row: str, unequal: Path, mirror: Path) -> None:
    keys = [
        to_cell(composed(*words(unequal, mirror, row, *more))[0]).key
        for more in ([], *([f"training.class_weight={how}"] for how in ("none", *MADE_UP)))
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


def test_what_learns_nothing_has_one_cell(unequal: Path, mirror: Path) -> None:
    grid = words(unequal, mirror, "tfidf_sgd")[1:]
    cells = {
        to_cell(content).key
        for content in composed("-m", "model=majority", "training.class_weight=none,balanced,oversample", *grid)
    }
    assert len(cells) == 1
