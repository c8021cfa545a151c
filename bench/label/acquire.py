"""Which of many unlabelled texts teach a classifier most: pure functions on probabilities and features."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.methods.fitted import Probabilities

Rows = NDArray[np.intp]


def by_margin(probabilities: Probabilities, features: Any, count: int, seed: int) -> Rows:
    """The `count` texts whose two most probable labels are closest, closest first (Scheffer et al. 2001)."""
    del features, seed
    return np.argsort(margins(probabilities), kind="stable")[:count]


def by_badge(probabilities: Probabilities, features: Any, count: int, seed: int) -> Rows:
    """`count` texts of which the model is unsure and that are unlike each other (BADGE: Ash et al. 2020).

    A text stands for the gradient that its own guess would give a linear classifier: the error `p - guess` times its
    features. The first text has the longest gradient, and each next one is drawn with a probability by its squared
    distance to the nearest one that was drawn (k-means++: Arthur and Vassilvitskii 2007). The gradients, labels times
    features wide, are never written out: the inner product of two is that of the errors times that of the features.
    `features` are an array or a sparse matrix, a text each row.
    """
    errors = probabilities.copy()
    errors[np.arange(len(errors)), probabilities.argmax(axis=1)] -= 1
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


def at_random(probabilities: Probabilities, features: Any, count: int, seed: int) -> Rows:
    """`count` texts by chance: what the others have to beat."""
    del features
    return np.random.default_rng(seed).permutation(len(probabilities))[:count]


Strategy = Callable[[Probabilities, Any, int, int], Rows]
STRATEGIES: Mapping[str, Strategy] = {"margin": by_margin, "badge": by_badge, "random": at_random}


def margins(probabilities: Probabilities) -> NDArray[np.float64]:
    """Probability of the first guess less that of the second, of each text."""
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    difference: NDArray[np.float64] = two[:, 1] - two[:, 0]
    return difference


def _squared_lengths(features: Any) -> NDArray[np.float64]:
    squared = features.multiply(features) if hasattr(features, "multiply") else features**2
    return np.asarray(squared.sum(axis=1)).ravel()


def _inner(features: Any, row: int) -> NDArray[np.float64]:
    """The inner products of all rows with one of them."""
    found = features @ features[[row]].T
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found).ravel()
