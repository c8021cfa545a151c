"""Which texts are chosen, where it is known which ones teach."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bench.label.acquire import by_badge, by_margin, of_labels, of_sets
from bench.methods.decisions import Decision

SURE, UNSURE = (0.98, 0.01, 0.01), (0.4, 0.39, 0.21)


def test_margin_takes_those_whose_first_two_guesses_are_closest() -> None:
    probabilities = np.array([SURE, UNSURE, (0.6, 0.2, 0.2)])
    assert of_labels(probabilities).margins.round(2).tolist() == [0.97, 0.01, 0.4]
    assert by_margin(of_labels(probabilities), None, 2, 0).tolist() == [1, 2]


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_badge_takes_unsure_texts_that_are_unlike_each_other(kind: type) -> None:
    # four copies of one unsure text, two other unsure ones, and forty of which the model is sure
    features = np.zeros((46, 12))
    features[:4, 0] = features[4, 1] = features[5, 2] = 1
    features[np.arange(6, 46), np.arange(6, 46) % 9 + 3] = 1
    probabilities = np.array([UNSURE] * 6 + [SURE] * 40)
    for seed in range(20):
        chosen = by_badge(of_labels(probabilities), kind(features), 3, seed).tolist()
        assert len(set(chosen)) == 3
        assert sum(row < 4 for row in chosen) == 1, "no two copies"
    by_margin_alone = by_margin(of_labels(probabilities), features, 3, 0)
    assert (by_margin_alone < 4).sum() == 3, "what the unsure ones have in common costs labels"


def test_badge_draws_by_the_distances_of_gradients_that_are_written_out() -> None:
    random = np.random.default_rng(3)
    features, probabilities = random.normal(size=(30, 5)), random.dirichlet((1, 1, 1), size=30)
    errors = probabilities - np.eye(3)[probabilities.argmax(axis=1)]
    gradients = np.einsum("il,if->ilf", errors, features).reshape(30, -1)
    draws, chosen = np.random.default_rng(7), [int((gradients**2).sum(axis=1).argmax())]
    while len(chosen) < 8:
        nearest = ((gradients[:, None] - gradients[chosen]) ** 2).sum(axis=2).min(axis=1)
        chosen.append(int(draws.choice(30, p=nearest / nearest.sum())))
    assert by_badge(of_labels(probabilities), features, 8, 7).tolist() == chosen


def test_all_texts_can_be_asked_for_also_where_they_are_all_the_same() -> None:
    features, probabilities = np.ones((5, 2)), np.array([UNSURE] * 5)
    assert sorted(by_badge(of_labels(probabilities), features, 5, 0).tolist()) == [0, 1, 2, 3, 4]


def test_of_label_sets_the_narrowest_decision_counts() -> None:
    probabilities = np.array([(0.9, 0.01, 0.001), (0.9, 0.012, 0.01), (0.31, 0.01, 0.001), (0.9, 0.3, 0.2)])
    thresholds = of_sets(probabilities, Decision(thresholds=(0.3, 0.3, 0.01)))
    assert by_margin(thresholds, None, 2, 0).tolist() == [1, 3], "0.01 of a rare label and 0.3 of another are at theirs"
    assert np.allclose(thresholds.errors[1], (-0.1, 0.012, -0.99)), "the first label is given, and the third"
    two_each = of_sets(probabilities, Decision(top_k=2))
    assert by_margin(two_each, None, 2, 0).tolist() == [1, 3], "the second label is hardly more probable than the third"
    assert np.isinf(two_each.margins).sum() == 0
    assert of_sets(probabilities, Decision(top_k=3)).margins.shape == (4,)
