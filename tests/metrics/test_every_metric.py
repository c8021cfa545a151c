"""Every metric of the table: what it is computed as, its direction and range, and the draws of its interval."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as theirs

from bench.methods.fitted import Answers
from bench.methods.metrics import beside, evaluate
from bench.metrics.labelled import LabelledPredictions
from bench.metrics.of_counts import LabelCounts
from bench.metrics.table import METRICS, selectable_name
from bench.results.scores import Evaluation

Reference = Callable[[Any, Any], float]
"""From true labels and probabilities, all labels having examples."""


def one_vs_rest(score: Callable[..., float]) -> Reference:
    return lambda y, p: float(np.mean([score(y == label, p[:, label]) for label in range(p.shape[1])]))


REFERENCES: dict[str, Reference] = {
    "accuracy": lambda y, p: theirs.accuracy_score(y, p.argmax(axis=1)),
    "macro_f1": lambda y, p: theirs.f1_score(y, p.argmax(axis=1), average="macro", zero_division=0),
    "loss": theirs.log_loss,
    "balanced_accuracy": lambda y, p: theirs.balanced_accuracy_score(y, p.argmax(axis=1)),
    "weighted_f1": lambda y, p: theirs.f1_score(y, p.argmax(axis=1), average="weighted", zero_division=0),
    "matthews_corrcoef": lambda y, p: theirs.matthews_corrcoef(y, p.argmax(axis=1)),
    "roc_auc": one_vs_rest(theirs.roc_auc_score),
    "average_precision": one_vs_rest(theirs.average_precision_score),
    "brier": lambda y, p: float(np.mean(np.linalg.norm(p - np.eye(p.shape[1])[y], axis=1) ** 2)),
}
every_metric = pytest.mark.parametrize("name", METRICS)


def example(num_labels: int = 3, count: int = 90, skill: float = 2.0, ties: bool = False) -> tuple[Any, Any]:
    """True labels, unequally many of each, and probabilities that know something of them."""
    random = np.random.default_rng(num_labels)
    labels = np.minimum(random.geometric(0.5, size=count) - 1, num_labels - 1)
    labels[:num_labels] = np.arange(num_labels)
    raw = random.normal(size=(count, num_labels))
    raw[np.arange(count), labels] += skill
    odds = np.exp(raw.round() if ties else raw)
    return labels, odds / odds.sum(axis=1, keepdims=True)


def test_every_metric_has_a_reference_here() -> None:
    assert set(REFERENCES) == set(METRICS), "add what the new metric is to be equal to"


@every_metric
@pytest.mark.parametrize("num_labels", [2, 3, 6])
@pytest.mark.parametrize("ties", [False, True])
def test_equal_to_scikit_learn(name: str, num_labels: int, ties: bool) -> None:
    labels, probabilities = example(num_labels, ties=ties)
    scores = evaluate(probabilities, labels.tolist(), [f"label {i}" for i in range(num_labels)])
    assert scores.metric(name) == pytest.approx(REFERENCES[name](labels, probabilities))


def test_two_labels_are_what_scikit_learn_says_of_one_of_them() -> None:
    labels, probabilities = example(2)
    scores = evaluate(probabilities, labels.tolist(), ["a", "b"])
    assert scores.metric("roc_auc") == pytest.approx(theirs.roc_auc_score(labels, probabilities[:, 1]))
    assert scores.metric("brier") == pytest.approx(2 * theirs.brier_score_loss(labels, probabilities[:, 1]))


@every_metric
@pytest.mark.parametrize("num_labels", [2, 3, 6])
def test_counts_give_the_same(name: str, num_labels: int) -> None:
    """Of all sets of predictions at once, one of them of one label alone, and with a label that has no example."""
    metric = METRICS[name]
    if metric.by_counts is None:
        assert metric.needs_probabilities
        return
    assert metric.higher_is_better
    labels, _ = example(num_labels)
    labels[labels == 1] = 0
    predicted = np.random.default_rng(0).integers(num_labels, size=(5, len(labels)))
    predicted[0] = 1
    counts = [
        np.stack(
            [np.bincount(row, weights=kept, minlength=num_labels) for row, kept in zip(predicted, of, strict=True)]
        )
        for of in ((predicted == labels).astype(float), np.ones(predicted.shape))
    ]
    found = metric.by_counts(LabelCounts(*counts, np.bincount(labels, minlength=num_labels).astype(float)))
    expected = [metric.of(LabelledPredictions(labels, row, num_labels)) for row in predicted]
    if num_labels == 2:  # all examples have one label
        expected = [np.nan if value is None else value for value in expected]
    np.testing.assert_allclose(found, np.asarray(expected, dtype=float))


@every_metric
def test_perfect_predictions_have_the_best_value(name: str) -> None:
    metric = METRICS[name]
    labels, _ = example()
    value = metric.of(LabelledPredictions.of_probabilities(np.eye(3)[labels], labels))
    assert value == pytest.approx(metric.high if metric.higher_is_better else metric.low, abs=1e-9)


@every_metric
def test_better_predictions_have_more_merit(name: str) -> None:
    metric, merits, values = METRICS[name], [], []
    for skill in (-2.0, 0.5, 2.0, 5.0):
        labels, probabilities = example(skill=skill)
        labelled = LabelledPredictions.of_probabilities(probabilities, labels)
        value, loss = metric.of(labelled), METRICS["loss"].of(labelled)
        assert value is not None
        assert loss is not None
        assert metric.low <= value <= metric.high
        values.append(value)
        merits.append(metric.merit(value, loss))
    assert merits == sorted(merits)
    assert values == sorted(values, reverse=not metric.higher_is_better)


@every_metric
def test_a_label_without_examples_leaves_a_finite_value(name: str) -> None:
    labels, probabilities = example(4)
    kept = labels != 1
    value = METRICS[name].of(LabelledPredictions.of_probabilities(probabilities[kept], labels[kept]))
    assert value is not None
    assert np.isfinite(value)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_areas_are_over_the_labels_that_have_examples(name: str) -> None:
    labels, probabilities = example(4)
    kept = labels != 1
    labels, probabilities = labels[kept], probabilities[kept]
    score = {"roc_auc": theirs.roc_auc_score, "average_precision": theirs.average_precision_score}[name]
    expected = np.mean([score(labels == label, probabilities[:, label]) for label in (0, 2, 3)])
    assert evaluate(probabilities, labels.tolist(), list("abcd")).metric(name) == pytest.approx(expected)


@every_metric
@pytest.mark.filterwarnings("error")
def test_examples_of_one_label_define_some_metrics_and_crash_none(name: str) -> None:
    scores = evaluate(np.array([[0.9, 0.1], [0.4, 0.6]]), [0, 0], ["a", "b"])
    value = scores.metric(name)
    if name in ("matthews_corrcoef", "roc_auc", "average_precision"):
        assert value is None
    else:
        assert value is not None
        assert np.isfinite(value)
    assert Evaluation.model_validate_json(scores.model_dump_json()) == scores


@every_metric
@pytest.mark.filterwarnings("error")
def test_answers_without_probabilities(name: str) -> None:
    metric = METRICS[name]
    given = Answers(indices=(0, None, 1, 1, 2), given=("a", "dunno", "b", "b", "c"))
    value = evaluate(given, [0, 0, 1, 2, 2], ["a", "b", "c"]).metric(name)
    if metric.needs_probabilities:
        assert value is None
        return
    # an answer that is none of the labels is a label of its own that nothing is
    fourth = np.eye(4)[[0, 3, 1, 1, 2]]
    assert value == metric.of(LabelledPredictions.of_probabilities(fourth, [0, 0, 1, 2, 2]))


@every_metric
def test_an_interval_can_be_drawn(name: str) -> None:
    """By example or by draw, and on the examples as they are it is the metric itself."""
    metric = METRICS[name]
    labels, probabilities = example(4, ties=True)
    labelled = LabelledPredictions.of_probabilities(probabilities, labels)
    assert (metric.by_example is None) != (metric.by_draw is None), "one of the two says how"
    if metric.by_example is not None:
        values = metric.by_example(labelled)
        assert values.shape == (len(labels),)
        assert values.mean() == pytest.approx(metric.of(labelled))
        return
    assert metric.by_draw is not None
    weights = np.random.default_rng(0).multinomial(len(labels), np.full(len(labels), 1 / len(labels)), size=20)
    drawn = metric.by_draw(labelled, np.vstack([np.ones(len(labels)), weights]).astype(np.float32))
    assert drawn.shape == (21,)
    assert drawn[0] == pytest.approx(metric.of(labelled), abs=1e-6)
    for value, counts in zip(drawn[1:], weights, strict=True):
        again = np.repeat(np.arange(len(labels)), counts)
        resampled = LabelledPredictions.of_probabilities(probabilities[again], labels[again])
        if len(resampled.present) == 4:
            assert value == pytest.approx(metric.of(resampled), abs=1e-5)


@every_metric
def test_draws_of_answers_that_are_no_label(name: str) -> None:
    metric = METRICS[name]
    given = beside(Answers(indices=(0, None, 1, 1, 2), given=("a", "?", "b", "b", "c")), [0, 0, 1, 2, 2], 3)
    if metric.needs_probabilities or metric.by_draw is None:
        return
    assert metric.by_draw(given, np.ones((1, 5), np.float32))[0] == pytest.approx(metric.of(given))


@pytest.mark.parametrize("name", ["matthews_corrcoef", "roc_auc", "average_precision"])
def test_a_draw_of_one_label_is_undefined(name: str) -> None:
    by_draw = METRICS[name].by_draw
    assert by_draw is not None
    labelled = LabelledPredictions.of_probabilities(np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), [0, 0, 1])
    drawn = by_draw(labelled, np.array([[2, 1, 0], [1, 1, 1]], dtype=np.float32))
    assert np.isnan(drawn).tolist() == [True, False]


def test_names_to_choose_by() -> None:
    assert selectable_name("log_loss") == "loss", "one metric, and one cell"
    for name in METRICS:
        assert selectable_name(name) == name
    with pytest.raises(ValueError, match=r"these are accuracy, macro_f1, .*brier"):
        selectable_name("acuracy")
    with pytest.raises(ValueError, match="no metric to choose by"):
        selectable_name(True)


@pytest.mark.parametrize(("name", "value"), [("brier", 2.1), ("matthews_corrcoef", -1.2), ("roc_auc", 1.01)])
def test_records_of_what_cannot_be_are_refused(name: str, value: float) -> None:
    labels, probabilities = example()
    content = evaluate(probabilities, labels.tolist(), list("abc")).model_dump()
    content["metrics"][name] = value
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        Evaluation.model_validate(content)
