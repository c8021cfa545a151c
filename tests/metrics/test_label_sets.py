"""Every metric of examples that may have several labels: what it is equal to, its range, the draws of its interval."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as theirs

from bench.kind import MULTI_LABEL, SINGLE_LABEL
from bench.methods.decisions import Decided
from bench.methods.metrics import evaluate
from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.of_counts import LabelCounts
from bench.metrics.table import BY_KIND, EVERY, METRICS, MULTI_LABEL_METRICS, selectable_name
from bench.results.scores import Evaluation

REFERENCES: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": lambda y, p: theirs.accuracy_score(y, p >= 0.5),
    "macro_f1": lambda y, p: theirs.f1_score(y, p >= 0.5, average="macro", zero_division=0),
    "micro_f1": lambda y, p: theirs.f1_score(y, p >= 0.5, average="micro"),
    "samples_f1": lambda y, p: theirs.f1_score(y, p >= 0.5, average="samples", zero_division=1),
    "weighted_f1": lambda y, p: theirs.f1_score(y, p >= 0.5, average="weighted", zero_division=0),
    "hamming_loss": lambda y, p: theirs.hamming_loss(y, p >= 0.5),
    "lrap": theirs.label_ranking_average_precision_score,
    "loss": lambda y, p: float(np.mean([theirs.log_loss(y[:, i], p[:, i]) for i in range(y.shape[1])])),
    "average_precision": theirs.average_precision_score,
    "roc_auc": theirs.roc_auc_score,
}
every_metric = pytest.mark.parametrize("name", MULTI_LABEL_METRICS)


def example(num_labels: int = 4, count: int = 120, skill: float = 2.0, ties: bool = False) -> tuple[Any, Any]:
    """True labels, unequally many of each, some examples without any, and probabilities that know something of them."""
    random = np.random.default_rng(num_labels)
    labels = (random.random((count, num_labels)) < np.geomspace(0.5, 0.1, num_labels)).astype(int)
    labels[0], labels[1] = 0, 1
    odds = random.normal(size=labels.shape) + skill * (labels - 0.5)
    probabilities = 1 / (1 + np.exp(-odds))
    return labels, probabilities.round(1) if ties else probabilities


def targets(labels: Any) -> list[tuple[int, ...]]:
    return [tuple(row) for row in labels.tolist()]


def names(num_labels: int) -> list[str]:
    return [f"label {i}" for i in range(num_labels)]


def test_every_metric_has_a_reference_here() -> None:
    assert set(REFERENCES) == set(MULTI_LABEL_METRICS), "add what the new metric is to be equal to"


@every_metric
@pytest.mark.parametrize("num_labels", [2, 4, 9])
@pytest.mark.parametrize("ties", [False, True])
def test_equal_to_scikit_learn(name: str, num_labels: int, ties: bool) -> None:
    labels, probabilities = example(num_labels, ties=ties)
    probabilities = probabilities.clip(1e-9, 1 - 1e-9)
    scores = evaluate(probabilities, targets(labels), names(num_labels))
    assert scores.metric(name) == pytest.approx(REFERENCES[name](labels, probabilities))


@every_metric
def test_labels_that_were_decided_for_are_scored(name: str) -> None:
    labels, probabilities = example()
    given = probabilities >= [0.2, 0.6, 0.4, 0.9]
    found = evaluate(Decided(probabilities, given), targets(labels), names(4)).metric(name)
    if MULTI_LABEL_METRICS[name].needs_probabilities:
        assert found == pytest.approx(REFERENCES[name](labels, probabilities))
    else:
        assert found == pytest.approx(REFERENCES[name](labels, given.astype(float)))


@every_metric
def test_perfect_predictions_have_the_best_value(name: str) -> None:
    metric, (labels, _) = MULTI_LABEL_METRICS[name], example()
    value = metric.of(LabelSetPredictions.of_probabilities(labels.astype(float), labels))
    assert value == pytest.approx(metric.high if metric.higher_is_better else metric.low, abs=1e-9)


@every_metric
def test_better_predictions_have_more_merit(name: str) -> None:
    metric, merits = MULTI_LABEL_METRICS[name], []
    for skill in (-2.0, 0.5, 2.0, 5.0):
        labels, probabilities = example(skill=skill)
        labelled = LabelSetPredictions.of_probabilities(probabilities, labels)
        value, loss = metric.of(labelled), EVERY["loss"].of(labelled)
        assert value is not None
        assert loss is not None
        assert metric.low <= value <= metric.high
        merits.append(metric.merit(value, loss))
    assert merits == sorted(merits)


@every_metric
@pytest.mark.filterwarnings("error")
def test_a_label_without_examples_leaves_a_finite_value(name: str) -> None:
    labels, probabilities = example()
    labels[:, 2] = 0
    scores = evaluate(probabilities, targets(labels), names(4))
    assert np.isfinite(scores.metric(name))  # type: ignore[arg-type]
    assert Evaluation.model_validate_json(scores.model_dump_json()) == scores
    scores.check()


@every_metric
def test_an_interval_can_be_drawn(name: str) -> None:
    """By example or by draw, and on the examples as they are it is the metric itself."""
    metric, (labels, probabilities) = MULTI_LABEL_METRICS[name], example(ties=True)
    labelled = LabelSetPredictions.of_probabilities(probabilities, labels)
    assert (metric.by_example is None) != (metric.by_draw is None), "one of the two says how"
    if metric.by_example is not None:
        values = metric.by_example(labelled)
        assert values.shape == (len(labels),)
        assert values.mean() == pytest.approx(metric.of(labelled))
        return
    assert metric.by_draw is not None
    weights = np.random.default_rng(0).multinomial(len(labels), np.full(len(labels), 1 / len(labels)), size=20)
    drawn = metric.by_draw(labelled, np.vstack([np.ones(len(labels)), weights]).astype(np.float32))
    assert drawn[0] == pytest.approx(metric.of(labelled), abs=1e-6)
    for value, counts in zip(drawn[1:], weights, strict=True):
        again = np.repeat(np.arange(len(labels)), counts)
        resampled = LabelSetPredictions.of_probabilities(probabilities[again], labels[again])
        assert value == pytest.approx(metric.of(resampled), abs=1e-5)


@every_metric
def test_counts_give_the_same(name: str) -> None:
    metric, (labels, _) = MULTI_LABEL_METRICS[name], example()
    if metric.by_counts is None:
        return
    given = np.random.default_rng(0).integers(2, size=(5, *labels.shape))
    given[0] = 0
    counts = LabelCounts((given * labels).sum(axis=1), given.sum(axis=1), labels.sum(axis=0))
    expected = [metric.of(LabelSetPredictions(labels, each, 4)) for each in given]
    np.testing.assert_allclose(metric.by_counts(counts), np.asarray(expected, dtype=float))


def test_what_is_found_by_counts_is_about_decided_labels() -> None:
    able = [name for name, metric in MULTI_LABEL_METRICS.items() if metric.by_counts is not None]
    assert able == ["macro_f1", "micro_f1", "weighted_f1"]


def test_sizes_of_sets() -> None:
    sets = evaluate(
        Decided(np.full((3, 2), 0.5), np.array([[1, 1], [0, 0], [0, 1]], bool)), [(1, 0), (0, 0), (0, 0)], ["a", "b"]
    ).label_sets
    assert sets is not None
    assert sets.model_dump() == {
        "mean_true": pytest.approx(1 / 3), "mean_predicted": 1.0, "without_true": 2, "without_predicted": 1,
    }  # fmt: skip


def test_records_that_contradict_themselves_are_refused() -> None:
    labels, probabilities = example()
    content = evaluate(probabilities, targets(labels), names(4)).model_dump()
    with pytest.raises(ValueError, match="no confusion matrix"):
        Evaluation.model_validate({**content, "label_sets": None})
    with pytest.raises(ValueError, match="no confusion matrix"):
        Evaluation.model_validate({**content, "confusion_matrix": [[1] * 4] * 4})
    content["label_sets"]["mean_true"] += 1
    with pytest.raises(ValueError, match="labels an example"):
        Evaluation.model_validate(content).check()


def test_one_name_is_one_thing() -> None:
    """What is called the same has one direction and one range in both tables."""
    for name in METRICS.keys() & MULTI_LABEL_METRICS.keys():
        one, other = BY_KIND[SINGLE_LABEL][name], BY_KIND[MULTI_LABEL][name]
        assert (one.higher_is_better, one.low, one.high) == (other.higher_is_better, other.low, other.high)
    assert selectable_name("subset_accuracy") == "accuracy"
    assert selectable_name("lrap") == "lrap"


@every_metric
def test_intervals_cover_the_truth(name: str) -> None:
    """Of examples drawn from many, the bootstrap's 95 % interval holds the metric of the many 92 to 98 times in 100."""
    metric, (labels, probabilities) = MULTI_LABEL_METRICS[name], example(5, count=40_000)
    truth = metric.of(LabelSetPredictions.of_probabilities(probabilities, labels))
    random, count, held = np.random.default_rng(7), 400, 0
    rounds = 300
    for _ in range(rounds):
        taken = random.integers(len(labels), size=count)
        sample = LabelSetPredictions.of_probabilities(probabilities[taken], labels[taken])
        weights = random.multinomial(count, np.full(count, 1 / count), size=400).astype(np.float32)
        low, high = np.nanquantile(metric.drawn(sample, weights), [0.025, 0.975])
        held += low <= truth <= high  # type: ignore[operator]
    assert 0.92 <= held / rounds <= 0.98
