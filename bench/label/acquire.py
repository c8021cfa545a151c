"""Which of many unlabelled texts teach a classifier most: pure functions on probabilities and features."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.methods.decisions import Decision
from bench.methods.fitted import Probabilities

Rows = NDArray[np.intp]
TINY = 1e-9
"""Log-odds are of probabilities between this and 1 less this."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """How unsure a model is of what it says of each text."""

    errors: Probabilities
    """Its probabilities less its guess (1 for a label that the text is given, 0 for others), shape (texts, labels)."""
    margins: NDArray[np.float64]
    """How far each text is from being given another label, shape (texts,)."""


def of_labels(probabilities: Probabilities) -> Doubt:
    """Where a text has one label: the margin is the probability of the first guess less that of the second."""
    errors = probabilities.copy()
    errors[np.arange(len(errors)), probabilities.argmax(axis=1)] -= 1
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return Doubt(errors, two[:, 1] - two[:, 0])


def of_sets(probabilities: Probabilities, decision: Decision) -> Doubt:
    """Where a text may have several or none: the margin is that of the label that is decided most narrowly.

    (Brinker 2006, On active learning in multi-label classification.) It is in log-odds, from what decides: a label's
    threshold, or what is half-way between the last label that is given and the first that is not.
    """
    odds = _log_odds(probabilities)
    if decision.top_k is None:
        decides = _log_odds(np.asarray(decision.thresholds))
    else:
        falling = -np.sort(-odds, axis=1)
        last = min(decision.top_k, falling.shape[1] - 1)
        decides = falling[:, last - 1 : last + 1].mean(axis=1, keepdims=True)
    return Doubt(probabilities - decision.given(probabilities), np.abs(odds - decides).min(axis=1))


def by_margin(doubt: Doubt, features: Any, count: int, seed: int) -> Rows:
    """The `count` texts with the smallest margins, the smallest first (Scheffer et al. 2001)."""
    del features, seed
    return np.argsort(doubt.margins, kind="stable")[:count]


def by_badge(doubt: Doubt, features: Any, count: int, seed: int) -> Rows:
    """`count` texts of which the model is unsure and that are unlike each other (BADGE: Ash et al. 2020).

    A text stands for the gradient that its own guess would give a linear classifier: the error `p - guess` times its
    features. The first text has the longest gradient, and each next one is drawn with a probability by its squared
    distance to the nearest one that was drawn (k-means++: Arthur and Vassilvitskii 2007). The gradients, labels times
    features wide, are never written out: the inner product of two is that of the errors times that of the features.
    `features` are an array or a sparse matrix, a text each row.
    """
    errors = doubt.errors
    lengths = (errors**2).sum(axis=1) * _squared_lengths(features)
    random = np.random.default_rng(seed)
    chosen = [int(lengths.argmax())]
    nearest = np.full(len(errors), np.inf)
    free = np.ones(len(errors), bool)
    while len(chosen) < count:
        last = chosen[-1]
        free[last] = False
        inner = (errors @ errors[last]) * _inner(features, last)
        nearest = np.minimum(nearest, np.maximum(lengths + lengths[last] - 2 * inner, 0))
        weights = np.where(free, nearest, 0.0)
        if not weights.sum() > 0:  # the rest are repeats to the model: any of them is as good
            weights = free.astype(float)
        chosen.append(int(random.choice(len(errors), p=weights / weights.sum())))
    return np.asarray(chosen[:count])


def at_random(doubt: Doubt, features: Any, count: int, seed: int) -> Rows:
    """`count` texts by chance: what the others have to beat."""
    del features
    return np.random.default_rng(seed).permutation(len(doubt.margins))[:count]


Strategy = Callable[[Doubt, Any, int, int], Rows]
STRATEGIES: Mapping[str, Strategy] = {"margin": by_margin, "badge": by_badge, "random": at_random}


def _log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(probabilities, TINY, 1 - TINY)
    odds: NDArray[np.float64] = np.log(inside) - np.log1p(-inside)
    return odds


def _squared_lengths(features: Any) -> NDArray[np.float64]:
    squared = features.multiply(features) if hasattr(features, "multiply") else features**2
    return np.asarray(squared.sum(axis=1)).ravel()


def _inner(features: Any, row: int) -> NDArray[np.float64]:
    """The inner products of all rows with one of them."""
    found = features @ features[[row]].T
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found).ravel()
