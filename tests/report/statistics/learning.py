"""Simulated learning curves of several forms, with seeds that differ and bumps that no formula has."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit, logit

from bench.report.statistics.curves import Observed

Truth = Callable[[np.ndarray], np.ndarray]
"""Training sizes to expected errors."""
KINDS = ("POW3", "POW2", "POW4", "logit-linear", "stretched")
"""The last one is of none of the fitted families."""
WANDER = 0.03
"""Of a world's curve around its formula: the standard deviation of the logit's step for each doubling.

Third differences of 58 real curves (`real_curves.csv`), less what 12 seeds explain, say 0.022 for TF-IDF with SGD and
0.009 for frozen embeddings; second differences, which hold the curvature too, 0.027 for both. With 0.07, a fit that
knows the worlds' own formulas, the ranges of their parameters and the noise is 1.6 points off at 4 times the largest
size: no fit can do better than that.
"""


def truth(kind: str, random, num_labels: int, smallest: float, wander: float = WANDER) -> Truth:
    """A curve of a form with random parameters; its logit wanders by `wander` a doubling."""
    chance = 1 - 1 / num_labels
    smooth = _smooth(kind, random, chance, smallest)
    walk = np.concatenate([[0], np.cumsum(random.normal(0, wander, 16))])

    def error(sizes: np.ndarray) -> np.ndarray:
        bumps = np.interp(np.log2(np.asarray(sizes) / smallest), np.arange(17), walk)
        return expit(logit(smooth(np.asarray(sizes, dtype=float))) + bumps)

    return error


def _smooth(kind: str, random, chance: float, smallest: float) -> Truth:
    a, c = random.uniform(0, 0.15), random.uniform(0.3, 0.9)
    b = random.uniform(0.55, 0.95)
    if kind == "POW3":
        return lambda n: a + b * (chance - a) * (n / smallest) ** -c
    if kind == "POW2":
        return lambda n: b * chance * (n / smallest) ** (-0.6 * c)
    if kind == "POW4":
        d = random.uniform(0.5, 6) * smallest
        return lambda n: a + b * (chance - a) * ((n + d) / (smallest + d)) ** -c
    if kind == "logit-linear":
        return lambda n: expit(logit(b * chance) - 0.6 * c * np.log(n / smallest))
    assert kind == "stretched"
    return lambda n: a + b * (chance - a) * np.exp(-0.5 * c * np.log(n / smallest) ** 1.15)


def observe(
    random, error: Truth, sizes: np.ndarray, num_labels: int, *, seeds: int = 3, spread: float = 0.03
) -> Observed:
    """Accuracies of seeds, whose spread falls with the size; a quarter of their variance is a seed's own at all."""
    deviation = spread * (sizes / sizes[0]) ** -0.4 + 0.003
    noise = 0.5 * random.standard_normal((seeds, 1)) + np.sqrt(0.75) * random.standard_normal((seeds, len(sizes)))
    return Observed(sizes, np.clip(1 - error(sizes) - noise * deviation, 0, 1), num_labels, 500)


def high_truth(kind: str, random, span: float, smallest: float, wander: float = WANDER) -> Truth:
    """A curve of many labels: from 0.8 to 0.92 at the smallest size to 0.5 to 0.7 at `span` times it, then further.

    `kind` is POW2, POW3 or logit-linear.
    """
    first, last = random.uniform(0.8, 0.92), random.uniform(0.5, 0.7)
    a = random.uniform(0.1, 0.35) if kind == "POW3" else 0.0
    c = np.log((first - a) / (last - a)) / np.log(span)
    slope = (logit(first) - logit(last)) / np.log(span)
    walk = np.concatenate([[0], np.cumsum(random.normal(0, wander, 16))])

    def error(sizes: np.ndarray) -> np.ndarray:
        relative = np.asarray(sizes, dtype=float) / smallest
        straight = expit(logit(first) - slope * np.log(relative))
        smooth = straight if kind == "logit-linear" else a + (first - a) * relative**-c
        return expit(logit(smooth) + np.interp(np.log2(relative), np.arange(17), walk))

    return error
