"""Scores, against values worked out by hand."""

import numpy as np
import pytest

from bench.methods.fitted import Answers
from bench.methods.metrics import evaluate

# true a a b c; predicted a b b b
PROBABILITIES = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.1, 0.8, 0.1], [0.0, 0.75, 0.25]])


def test_scores() -> None:
    scores = evaluate(PROBABILITIES, [0, 0, 1, 2], ["a", "b", "c"])
    assert scores.num_examples == 4
    assert scores.accuracy == 0.5
    assert scores.confusion_matrix == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]
    by_label = {row.label: (row.precision, row.recall, row.f1, row.support) for row in scores.per_label}
    assert by_label["a"] == pytest.approx((1, 0.5, 2 / 3, 2))
    assert by_label["b"] == pytest.approx((1 / 3, 1, 0.5, 1))
    assert by_label["c"] == (0, 0, 0, 1)  # never predicted
    assert scores.macro_f1 == pytest.approx((2 / 3 + 0.5 + 0) / 3)
    assert scores.weighted_f1 == pytest.approx((2 * 2 / 3 + 0.5 + 0) / 4)
    assert scores.macro_recall == pytest.approx(0.5)
    assert scores.weighted_precision == pytest.approx((2 * 1 + 1 / 3 + 0) / 4)
    assert scores.loss == pytest.approx(-np.log([0.8, 0.2, 0.8, 0.25]).mean())
    assert scores.mean_confidence == pytest.approx((0.8 + 0.5 + 0.8 + 0.75) / 4)


def test_a_label_without_examples_is_no_zero_in_the_macro_average() -> None:
    scores = evaluate(np.array([[0.9, 0.1], [0.8, 0.2]]), [0, 0], ["a", "b"])
    assert scores.macro_f1 == scores.macro_precision == scores.macro_recall == 1
    assert scores.weighted_f1 == 1
    assert [(row.label, row.support) for row in scores.per_label] == [("a", 2), ("b", 0)]


def test_answers_of_a_label_without_examples_cost_the_others_recall() -> None:
    # true a a b; predicted a c b
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]])
    scores = evaluate(probabilities, [0, 0, 1], ["a", "b", "c"])
    assert scores.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert scores.macro_recall == pytest.approx(0.75)


def test_a_sure_mistake_has_a_finite_loss() -> None:
    assert np.isfinite(evaluate(np.array([[1.0, 0.0]]), [1], ["a", "b"]).loss)


def test_answers_without_probabilities() -> None:
    # true a a b c; answered a (none of the labels) b b
    scores = evaluate(Answers(indices=(0, None, 1, 1), given=("a", "dunno", "b", "B")), [0, 0, 1, 2], ["a", "b", "c"])
    assert scores.num_examples == 4
    assert scores.accuracy == 0.5
    assert scores.loss is None
    assert scores.mean_confidence is None
    assert scores.confusion_matrix == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    by_label = {row.label: (row.precision, row.recall, row.f1, row.support) for row in scores.per_label}
    assert by_label["a"] == pytest.approx((1, 0.5, 2 / 3, 2))
    assert by_label["b"] == pytest.approx((0.5, 1, 2 / 3, 1))
    assert by_label["c"] == (0, 0, 0, 1)
    assert scores.macro_recall == pytest.approx(0.5)
    assert scores.weighted_recall == pytest.approx(0.5), "the accuracy, as always"
    assert scores.macro_f1 == pytest.approx(4 / 9)
    assert scores.weighted_precision == pytest.approx((2 * 1 + 0.5 + 0) / 4)


def test_no_answer_that_is_a_label() -> None:
    scores = evaluate(Answers(indices=(None, None), given=("x", "y")), [0, 1], ["a", "b"])
    assert scores.accuracy == scores.macro_f1 == scores.weighted_f1 == 0
    assert scores.confusion_matrix == [[0, 0], [0, 0]]
