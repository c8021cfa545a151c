"""A quick model of the labelled texts, and what it says of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.methods.fitted import Probabilities

STRENGTH = 10.0
"""Inverse regularization (C) of a regression on TF-IDF."""
DENSE_STRENGTH = 0.1
"""Likewise on features of a frozen model, of mean 0 and variance 1."""


@dataclass(frozen=True, slots=True)
class Features:
    """What texts are made of, as a matrix, a text each row: TF-IDF (sparse), or features of a frozen model."""

    known: Any
    """Of the labelled texts."""
    others: Any
    """Of those that may be labelled."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """What a model says of texts, and what tells them apart."""

    labels: tuple[str, ...]
    probabilities: Probabilities
    """Shape (texts, labels)."""
    features: Any
    """Shape (texts, features)."""


def tfidf(known: Sequence[str], others: Sequence[str]) -> Features:
    """TF-IDF of both, with the terms of both: a text all of whose words are new is told from others, too."""
    from bench.init.first_numbers import features as vectorizer_of

    vectorizer = vectorizer_of(known)
    vectorizer.fit([*known, *others])
    return Features(vectorizer.transform(known), vectorizer.transform(others))


def scaled(known: Any, others: Any) -> Features:
    """Features of a frozen model, each with mean 0 and variance 1 over all texts."""
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(np.concatenate([known, others]))
    return Features(scaler.transform(known), scaler.transform(others))


def guess(features: Features, labels: Sequence[str]) -> Guessed:
    """What logistic regression, fitted on the known texts with their `labels`, says of the others."""
    from sklearn.linear_model import LogisticRegression

    strength = STRENGTH if hasattr(features.known, "tocsr") else DENSE_STRENGTH
    regression = LogisticRegression(C=strength, max_iter=1000).fit(features.known, list(labels))
    return Guessed(tuple(map(str, regression.classes_)), regression.predict_proba(features.others), features.others)
