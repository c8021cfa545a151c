"""Which labels are given where there may be several: thresholds and numbers of labels that validation examples say."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.methods.decisions import Decided, Decision, best_decision, find_decision
from bench.metrics.table import MULTI_LABEL_METRICS

NAMES = ("a", "b", "c", "d")
HOW = ("shared", "validation", "top_k")
MACRO = MULTI_LABEL_METRICS["macro_f1"]


def example(seed: int = 0, count: int = 400) -> tuple[Any, Any]:
    """Labels of 30 to 3 % of examples, and probabilities that are far below 0.5 for the rare ones."""
    random, shares = np.random.default_rng(seed), np.asarray([0.3, 0.15, 0.06, 0.03])
    true = (random.random((count, 4)) < shares).astype(int)
    odds = 2 * (true - 0.5) + random.normal(size=true.shape) + np.log(shares / (1 - shares))
    return true, 1 / (1 + np.exp(-odds))


def score(decision: Decision, true: Any, probabilities: Any, name: str = "macro_f1") -> float:
    labelled = Decided(probabilities, decision.given(probabilities)).labelled(true)
    return float(MULTI_LABEL_METRICS[name].of(labelled))  # type: ignore[arg-type]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", ["macro_f1", "micro_f1", "weighted_f1"])
def test_thresholds_of_validation_are_better_than_half_there_and_elsewhere(how: str, name: str) -> None:
    (true, probabilities), (others, theirs) = example(), example(seed=1)
    found = best_decision(how, probabilities, true, MULTI_LABEL_METRICS[name])  # type: ignore[arg-type]
    usual = Decision.usual(4)
    if how != "top_k" or name == "macro_f1":
        assert score(found, true, probabilities, name) > score(usual, true, probabilities, name)
        assert score(found, others, theirs, name) > score(usual, others, theirs, name)


def test_no_other_threshold_is_better() -> None:
    true, probabilities = example()
    shared = best_decision("shared", probabilities, true, MACRO)
    tried = [score(Decision((float(t),) * 4), true, probabilities) for t in np.linspace(0.001, 0.999, 999)]
    assert score(shared, true, probabilities) >= max(tried) - 0.01
    each = best_decision("validation", probabilities, true, MACRO)
    assert each.thresholds is not None
    for label in range(4):
        values = []
        for cut in np.unique(probabilities[:, label]):
            other = (*each.thresholds[:label], float(cut), *each.thresholds[label + 1 :])
            values.append(score(Decision(other), true, probabilities))
        assert score(each, true, probabilities) >= max(values) - 0.005


def test_a_label_that_probabilities_say_nothing_of_is_given_to_all_or_none() -> None:
    """As Lipton et al. 2014 show, all of them are best for its F1; for F1 over all pairs a rare one is better left."""
    true, probabilities = example()
    for name, said, is_given in (("macro_f1", 0.01, True), ("micro_f1", 0.9, False)):
        probabilities[:, 2] = said
        found = best_decision("validation", probabilities, true, MULTI_LABEL_METRICS[name])
        assert (found.given(probabilities)[:, 2] == is_given).all()


def test_a_label_without_a_validation_example_has_the_threshold_of_all() -> None:
    true, probabilities = example()
    true[:, 3] = 0
    shared = best_decision("shared", probabilities, true, MACRO)
    each = best_decision("validation", probabilities, true, MACRO)
    assert shared.thresholds is not None
    assert each.thresholds is not None
    assert each.thresholds[3] == shared.thresholds[0]


def test_top_k_gives_each_example_so_many() -> None:
    given = Decision(top_k=2).given(np.array([[0.1, 0.3, 0.2], [0.5, 0.5, 0.5]]))
    assert given.tolist() == [[False, True, True], [True, True, False]]


@pytest.mark.parametrize("how", HOW)
def test_what_a_record_says_is_the_rule(how: str) -> None:
    true, probabilities = example()
    options = SimpleNamespace(thresholds=how, best_metric="average_precision")
    found, said = find_decision(options, probabilities, [tuple(row) for row in true.tolist()], NAMES)
    assert said is not None
    assert said["metric"] == "macro_f1", "average precision is not about decided labels"
    assert said["how"] == how
    assert said["validation_with"] == pytest.approx(score(found, true, probabilities))
    assert said["validation_without"] == pytest.approx(score(Decision.usual(4), true, probabilities))
    assert Decision.of(said, NAMES) == found


def test_none_is_half() -> None:
    true, probabilities = example()
    found, said = find_decision(SimpleNamespace(thresholds="none"), probabilities, true, NAMES)
    assert (found, said) == (Decision.usual(4), None)
    assert (found.given(probabilities) == (probabilities >= 0.5)).all()


def test_of_equally_good_thresholds_the_one_nearest_to_half() -> None:
    true = np.tile([[1, 0], [0, 1]], (10, 1))
    found = best_decision("shared", np.where(true, 0.9, 0.1), true, MACRO)
    assert found == Decision((pytest.approx(0.5), pytest.approx(0.5)))  # type: ignore[arg-type]
