"""`training.thresholds=validation`: weights of labels that validation finds, and that everything predicted has them."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from bench.cell import Cell
from bench.compose import to_cell, to_settings
from bench.methods.thresholds import MAX_WEIGHT, label_weights, weighted
from bench.metrics.labelled import LabelledPredictions
from bench.metrics.metric import Metric
from bench.metrics.table import METRICS
from bench.results import store
from bench.results.record import Record, Status
from bench.running.run import run, run_cell
from bench.running.warm import Warm
from tests.support.cli import call, composed
from tests.support.unequal import RARE, ROWS, words, write

BY_COUNTS = [metric for metric in METRICS.values() if metric.by_counts is not None]
by_counts = pytest.mark.parametrize("metric", BY_COUNTS, ids=lambda metric: metric.name)


def example(num_labels: int, seed: int, count: int = 60) -> tuple[Any, Any]:
    """Probabilities and true labels, unequally many of each, of which the rare ones are seldom the most probable."""
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(num_labels))
    labels = random.choice(num_labels, count, p=shares)
    labels[:num_labels] = range(num_labels)
    raw = random.normal(size=(count, num_labels)) + np.log(shares)
    raw[np.arange(count), labels] += 1.5
    odds = np.exp(raw)
    return odds / odds.sum(axis=1, keepdims=True), labels


def of(metric: Metric, probabilities: Any, labels: Any) -> float:
    value = metric.of(LabelledPredictions.of_probabilities(probabilities, labels))
    assert value is not None
    return value


def found(metric: Metric, probabilities: Any, labels: Any) -> Any:
    assert metric.by_counts is not None
    return label_weights(probabilities, labels.tolist(), metric.by_counts)


@by_counts
@pytest.mark.parametrize("num_labels", [2, 3, 6])
def test_validation_is_never_decided_worse(metric: Metric, num_labels: int) -> None:
    gains = []
    for seed in range(10):
        probabilities, labels = example(num_labels, seed)
        weights = found(metric, probabilities, labels)
        assert all(1 / MAX_WEIGHT <= weight <= MAX_WEIGHT for weight in weights)
        again = weighted(probabilities, weights)
        np.testing.assert_allclose(again.sum(axis=1), 1)
        gains.append(of(metric, again, labels) - of(metric, probabilities, labels))
    assert min(gains) >= 0
    assert np.mean(gains) > 0.01


@by_counts
def test_of_two_labels_no_threshold_is_better(metric: Metric) -> None:
    for seed in range(6):
        probabilities, labels = example(2, seed)
        odds = np.sort(probabilities[:, 1] / probabilities[:, 0])
        cuts = [odds[0] / 2, *np.sqrt(odds[1:] * odds[:-1]), odds[-1] * 2]
        best = max(of(metric, weighted(probabilities, [cut, 1]), labels) for cut in cuts)
        weights = found(metric, probabilities, labels)
        assert of(metric, weighted(probabilities, weights), labels) == pytest.approx(best)


@by_counts
def test_what_gains_nothing_changes_nothing(metric: Metric) -> None:
    labels = np.asarray([0, 1, 2, 2])
    assert found(metric, np.eye(3)[labels] * 0.7 + 0.1, labels).tolist() == [1, 1, 1]
    one_label = np.zeros(4, dtype=np.int64)
    assert found(metric, np.eye(3)[one_label] * 0.7 + 0.1, one_label).tolist() == [1, 1, 1]
    assert found(metric, np.full((4, 2), 0.5), np.asarray([0, 0, 0, 1])).tolist()[0] == 1


@by_counts
def test_certain_probabilities_and_labels_without_examples(metric: Metric) -> None:
    """Nothing is divided by 0, and no weight makes a label out of the probability 0."""
    probabilities = np.asarray([[1, 0, 0], [0, 1, 0], [0.6, 0, 0.4], [1, 0, 0], [0.7, 0.3, 0]], dtype=np.float64)
    labels = np.asarray([0, 0, 2, 2, 0])
    weights = found(metric, probabilities, labels)
    assert weights[1] == 1
    again = weighted(probabilities, weights)
    assert np.isfinite(again).all()
    assert of(metric, again, labels) >= of(metric, probabilities, labels)
    assert again[0].tolist() == [1, 0, 0]


def test_the_greatest_weight_is_bounded() -> None:
    probabilities = np.asarray([[1 - 1e-9, 1e-9], [1 - 1e-12, 1e-12]])
    weights = found(METRICS["macro_f1"], probabilities, np.asarray([1, 0]))
    assert weights.tolist() == [1, 1]


@pytest.fixture(scope="module")
def unequal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("unequal") / "unequal.csv", count=1000)


@pytest.fixture(scope="module")
def ran(unequal: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a row with or without thresholds, once; gives its record and all predictions."""
    folder, warm = tmp_path_factory.mktemp("ran"), Warm()

    @functools.cache
    def get(row: str, how: str) -> tuple[Record, pd.DataFrame]:
        (content,) = composed(*given(row, how, unequal, mirror), *folders(folder))
        cell = to_cell(content)
        record = run_cell(cell, to_settings(content), warm=warm)
        return record, predictions(cell, folder, record)

    return get


def given(row: str, how: str, path: Path, mirror: Path) -> tuple[str, ...]:
    """A command line, which chooses weights and options by macro F1 with and without thresholds."""
    metric = [] if row in ALONE else [f"{GROUPS.get(row, 'training')}.best_metric=macro_f1"]
    return words(path, mirror, row, f"training.thresholds={how}", "split.validation_fraction=0.5", *metric)


GROUPS = {"linear_probe": "method", "tfidf_logistic": "model"}
ALONE = ("tfidf_sgd", "tfidf_linear_svm", "tfidf_naive_bayes", "setfit")
"""Rows without a `best_metric`."""


def folders(root: Path) -> list[str]:
    return [f"{name}_dir={root / name}" for name in ("results", "cache")]


def predictions(cell: Cell, root: Path, record: Record) -> pd.DataFrame:
    assert record.status is Status.OK, record.failure
    frame = store.read_predictions(cell.folder(root / "results"), record)
    assert frame is not None
    return frame.set_index("id")


def probabilities_of(frame: pd.DataFrame, name: str) -> Any:
    return np.stack(frame[frame.split == name].probabilities)


def scored(frame: pd.DataFrame, name: str) -> float:
    part = frame[frame.split == name]
    return float(f1_score(part.label, part.predicted, average="macro"))


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_weighted_everywhere(row: str, ran: Any) -> None:
    """The very same model, with probabilities, predictions and scores that go by the weights that are recorded."""
    if row == "setfit":
        pytest.importorskip("setfit")
    (plain_record, plain), (record, frame) = ran(row, "none"), ran(row, "validation")
    measured = record.measurements
    assert measured is not None
    assert plain_record.measurements is not None
    chosen = measured.choices["thresholds"]
    weights = [chosen["label_weights"][label] for label in measured.examples.labels]
    for name in ("validation", "test"):
        expected = weighted(probabilities_of(plain, name).astype(np.float64), weights)
        np.testing.assert_allclose(probabilities_of(frame, name), expected, atol=1e-5)
        part = frame[frame.split == name]
        decided = [measured.examples.labels[i] for i in np.stack(part.probabilities).argmax(axis=1)]
        assert decided == part.predicted.tolist()
    assert measured.validation is not None
    assert measured.validation.macro_f1 == pytest.approx(scored(frame, "validation"))
    assert measured.test.macro_f1 == pytest.approx(scored(frame, "test"))
    assert chosen["metric"] == "macro_f1"
    assert chosen["validation_without"] == pytest.approx(scored(plain, "validation"))
    assert scored(frame, "validation") >= scored(plain, "validation")
    assert "thresholds" not in plain_record.measurements.choices


def test_unequal_labels_are_told_apart_better(ran: Any) -> None:
    """On test examples, which no weight has seen: in most rows, and on the whole."""
    gains = []
    for row in ("tfidf_sgd", "tfidf_logistic", "tfidf_linear_svm", "lora", "full", "last_block"):
        (_, plain), (_, frame) = ran(row, "none"), ran(row, "validation")
        gains.append(scored(frame, "test") - scored(plain, "test"))
    assert sum(gain > 0 for gain in gains) >= 5
    assert np.mean(gains) > 0.03


@pytest.mark.parametrize("row", ROWS)
def test_only_what_is_asked_for_is_in_a_key(row: str, unequal: Path, mirror: Path) -> None:
    asked = ([], ["training.thresholds=none"], ["training.thresholds=validation"])
    keys = [to_cell(composed(*words(unequal, mirror, row, *more))[0]).key for more in asked]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("row", "group"), [("lora", "training"), ("linear_probe", "method"), ("tfidf_logistic", "model")]
)
def test_accuracy_does_not_choose_unless_it_is_asked_for(row: str, group: str, unequal: Path, mirror: Path) -> None:
    grid = (["training.thresholds=validation"], ["training.thresholds=validation", f"{group}.best_metric=accuracy"])
    metrics = [getattr(to_cell(composed(*words(unequal, mirror, row, *more))[0]), group).best_metric for more in grid]
    assert metrics == ["macro_f1", "accuracy"]


@pytest.mark.parametrize("metric", ["loss", "log_loss", "roc_auc", "average_precision", "brier"])
@pytest.mark.parametrize("row", ["lora", "linear_probe"])
def test_a_metric_of_probabilities_finds_no_threshold(
    metric: str, row: str, unequal: Path, mirror: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    group = GROUPS.get(row, "training")
    asked = ("training.thresholds=validation", f"{group}.best_metric={metric}")
    for mode in ((), ("-m", "command=plan")):
        assert call(*mode, *words(unequal, mirror, row, *asked)) == 2
        err = capfd.readouterr().err
        assert err.count("\n") == 1, err
        assert f"{group}.best_metric=" in err
        assert "give one of accuracy, macro_f1, balanced_accuracy, weighted_f1, matthews_corrcoef" in err


def test_a_single_c_is_chosen_by_nothing_but_thresholds_are(unequal: Path, mirror: Path) -> None:
    for row, group in (("linear_probe", "method"), ("tfidf_logistic", "model")):
        asked = (f"{group}.C=[1.0]", f"{group}.best_metric=balanced_accuracy", "training.thresholds=validation")
        given_words = [word for word in words(unequal, mirror, row, *asked) if not word.startswith("training.num_")]
        assert call("-m", *given_words, "command=plan", "training.learning_rate=null") == 0


def test_cells_of_one_stack_have_thresholds_of_their_own(unequal: Path, mirror: Path, tmp_path: Path) -> None:
    """Beside one that has none; and about those that each has alone."""
    frames = {}
    for engine in ("single", "fused"):
        cells, contents = [], []
        for how in ("none", "validation"):
            more = ("method.dropout=0", "training.eval_steps=10", *folders(tmp_path / engine))
            (content,) = composed(*given("lora", how, unequal, mirror), *more)
            cells.append(to_cell(content))
            contents.append(content)
        settings = to_settings(contents[0])
        stacks = [cells] if engine == "fused" else [[cell] for cell in cells]
        records = [record for stack in stacks for record in run(stack, settings)]
        frames[engine] = [
            predictions(cell, tmp_path / engine, record) for cell, record in zip(cells, records, strict=True)
        ]
        assert [record.measurements is not None and record.measurements.fused is not None for record in records] == [
            engine == "fused"
        ] * 2
        assert ["thresholds" in record.measurements.choices for record in records if record.measurements] == [
            False,
            True,
        ]
    for plain, moved in frames.values():
        assert scored(moved, "validation") > scored(plain, "validation")
        assert (moved.predicted == RARE).sum() > (plain.predicted == RARE).sum()
    (_, alone), (_, stacked) = frames["single"], frames["fused"]
    assert (alone.predicted == stacked.predicted)[alone.split != "train"].mean() > 0.9
