"""A quick model of the labelled texts, and what it says of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.init.first_numbers import FOLDS, SEED
from bench.kind import MULTI_LABEL
from bench.label.acquire import Doubt, of_labels, of_sets
from bench.methods.decisions import Decision, best_decision
from bench.methods.fitted import Probabilities
from bench.predict.label_sets import Rule

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
    decision: Decision | None = None
    """Which labels a text is given, where it may have several or none; None where it has the most probable one."""

    def names(self) -> list[list[str]]:
        """The labels that each text is given, the most probable one first."""
        if self.decision is None:
            return [[self.labels[best]] for best in self.probabilities.argmax(axis=1)]
        return Rule(self.labels, self.decision).names(self.probabilities)

    def doubt(self) -> Doubt:
        """How unsure the model is of each text."""
        if self.decision is None:
            return of_labels(self.probabilities)
        return of_sets(self.probabilities, self.decision)


def tfidf(known: Sequence[str], others: Sequence[str]) -> Features:
    """TF-IDF of both, with the terms of both: a text all of whose words are new is told from others, too."""
    from bench.init.first_numbers import features as vectorizer_of

    vectorizer = vectorizer_of(known)
    vectorizer.fit([*known, *others])
    return Features(vectorizer.transform(known), vectorizer.transform(others))


def scaled(known: Any, others: Any) -> Features:
    """Features of a frozen model, each with mean 0 and variance 1 over all texts."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(np.concatenate([known, others]))
    return Features(scaler.transform(known), scaler.transform(others))


def guess(features: Features, labels: Sequence[str]) -> Guessed:
    """What logistic regression, fitted on the known texts with their `labels`, says of the others."""
    regression = _regression(features).fit(features.known, list(labels))
    return Guessed(tuple(map(str, regression.classes_)), regression.predict_proba(features.others), features.others)


def guess_sets(features: Features, sets: Sequence[Sequence[str]]) -> Guessed:
    """The same where a text may have several labels or none: each label against the rest.

    One threshold for all labels, that by which macro F1 of the known texts is largest, each predicted by a regression
    that has not seen it.
    """
    from sklearn.model_selection import KFold

    from bench.methods.one_vs_rest import OneVsRest
    from bench.metrics.table import BY_KIND

    names = sorted({label for labels in sets for label in labels})
    true = np.asarray([[int(name in labels) for name in names] for labels in sets])
    regressions, unseen = OneVsRest(lambda: _regression(features)), np.zeros(true.shape)
    for some, others in KFold(min(FOLDS, len(true)), shuffle=True, random_state=SEED).split(true):
        unseen[others] = regressions.fit(features.known[some], true[some]).predict_proba(features.known[others])
    decision = best_decision("shared", unseen, true, BY_KIND[MULTI_LABEL]["macro_f1"])
    probabilities = regressions.fit(features.known, true).predict_proba(features.others)
    return Guessed(tuple(names), probabilities, features.others, decision)


def _regression(features: Features) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH if hasattr(features.known, "tocsr") else DENSE_STRENGTH, max_iter=1000)
