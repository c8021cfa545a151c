"""A quick model of the labelled texts, and what it says of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.label.acquire import Probabilities

STRENGTH = 10.0
"""Inverse regularization (C) of the regression."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """What a model says of texts, and what tells them apart."""

    labels: tuple[str, ...]
    probabilities: Probabilities
    """Shape (texts, labels)."""
    features: Any
    """TF-IDF, sparse, shape (texts, terms)."""


def features_of(known: Sequence[str], others: Sequence[str]) -> tuple[Any, Any]:
    """TF-IDF of both, with the terms of both: a text all of whose words are new is told from others, too."""
    from bench.init.first_numbers import features as vectorizer_of

    vectorizer = vectorizer_of(known)
    vectorizer.fit([*known, *others])
    return vectorizer.transform(known), vectorizer.transform(others)


def guess(texts: Sequence[str], labels: Sequence[str], others: Sequence[str]) -> Guessed:
    """What logistic regression on TF-IDF, fitted on `texts` with their `labels`, says of `others`."""
    from sklearn.linear_model import LogisticRegression

    known, asked = features_of(texts, others)
    regression = LogisticRegression(C=STRENGTH, max_iter=1000).fit(known, list(labels))
    return Guessed(tuple(map(str, regression.classes_)), regression.predict_proba(asked), asked)
