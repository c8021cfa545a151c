"""A classifier for each label: what scikit-learn's own classifiers say of that label against the rest."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from bench.methods.class_weight import label_weights, training_set
from bench.methods.one_vs_rest import OneVsRest, classifier_for, platt

MAKERS: dict[str, Callable[[], Any]] = {
    "logistic": lambda: LogisticRegression(max_iter=2000),
    "sgd": lambda: SGDClassifier(loss="log_loss", random_state=0),
    "bayes": lambda: ComplementNB(alpha=0.5),
}


def example(count: int = 200) -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    labels = (random.random((count, 3)) < [0.5, 0.3, 0.1]).astype(int)
    features = np.abs(random.normal(size=(count, 5))) + labels @ np.abs(random.normal(size=(3, 5)))
    return csr_matrix(features), labels


@pytest.mark.parametrize("name", MAKERS)
def test_each_label_is_a_classifier_of_its_own(name: str) -> None:
    features, labels = example()
    found = OneVsRest(MAKERS[name]).fit(features, labels).predict_proba(features)
    for label in range(3):
        own = MAKERS[name]().fit(features, labels[:, label]).predict_proba(features)[:, 1]
        np.testing.assert_allclose(found[:, label], own, atol=1e-9)


@pytest.mark.parametrize("how", ["balanced", "sqrt"])
def test_each_label_is_weighted_against_the_rest(how: Any) -> None:
    features, labels = example()
    train = training_set(features, [tuple(row) for row in labels.tolist()], how, seed=0)
    weights = label_weights([tuple(row) for row in labels.tolist()], 3, how)
    assert weights is not None
    assert weights.shape == (3, 2)
    found = classifier_for(train, lambda _: LogisticRegression(max_iter=2000)).fit(train.features, train.labels)
    for label in range(3):
        pair = label_weights(labels[:, label].tolist(), 2, how)
        assert pair is not None
        np.testing.assert_array_equal(weights[label], pair)
        own = LogisticRegression(max_iter=2000, class_weight=dict(enumerate(pair.tolist())))
        own.fit(features, labels[:, label])
        theirs = own.predict_proba(features)[:, 1]
        np.testing.assert_allclose(found.predict_proba(features)[:, label], theirs, atol=1e-3)


def test_a_label_that_all_or_none_have() -> None:
    features, labels = example()
    labels[:, 0], labels[:, 1] = 0, 1
    found = OneVsRest(MAKERS["logistic"]).fit(features, labels).predict_proba(features)
    assert (found[:, 0] < 0.01).all()
    assert (found[:, 1] > 0.99).all()


def test_distances_of_svms_become_log_odds() -> None:
    features, labels = example()
    svms = OneVsRest(lambda: LinearSVC(random_state=0)).fit(features, labels)
    distances = svms.decision_function(features)
    svms.calibrate(features, labels)
    for label in range(3):
        svm = LinearSVC(random_state=0).fit(features, labels[:, label])
        theirs = CalibratedClassifierCV(FrozenEstimator(svm), method="sigmoid").fit(features, labels[:, label])
        np.testing.assert_allclose(
            svms.predict_proba(features)[:, label], theirs.predict_proba(features)[:, 1], atol=1e-3
        )
        slope, offset = platt(distances[:, label], labels[:, label])
        np.testing.assert_allclose(svms.decision_function(features)[:, label], slope * distances[:, label] + offset)


def test_a_label_without_an_example_is_improbable() -> None:
    slope, offset = platt(np.linspace(-1, 1, 50), np.zeros(50, dtype=int))
    assert 1 / (1 + np.exp(-(slope + offset))) < 0.1
