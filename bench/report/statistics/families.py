"""Families of learning curves, fitted to mean errors at rising training sizes.

One form serves the three power laws: with u the training size as a part of the largest one,

    error = a + s ((u + d) / (1 + d))^-c        0 <= a <= smallest error, 0 < c <= 1, 0 <= d <= 1

POW4 has all four parameters, POW3 has d = 0, POW2 has a = d = 0 (names as in Viering and Loog, "The shape of learning
curves", 2022). The fourth family is a straight line of the error's logit over log u. The scale s is the error above a
at the largest size, which the data know well whatever the other parameters are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares
from scipy.special import expit, logit

from bench.report.statistics.variance import Values

POWER_LAWS = {"POW3": ("log_s", "c", "a"), "POW2": ("log_s", "c"), "POW4": ("log_s", "c", "a", "d")}
"""Free parameters; the others are 0."""
LOGIT_LINEAR = "logit-linear"
FAMILIES = (*POWER_LAWS, LOGIT_LINEAR)
RIDGE = 0.02
"""Pull of each parameter to a plain curve, in standard errors over its whole range: it decides what data leave open."""
PLAIN = {"c": 0.4, "a": 0.0, "d": 0.0}
"""`c`, and `a` and `d` as parts of their bounds."""
STARTS = ({"c": 0.3, "a": 0.1, "d": 0.05}, {"c": 0.7, "a": 0.7, "d": 0.3})
"""`a` as a part of its bound."""
START_BELOW = 0.97
"""A start's error at the smallest size is lower than this: above 1 the clipped logit is flat, and no solver leaves."""
LEAST_PART, MOST_PART = 0.02, 0.98
"""Of a parameter's bound at a start: on a bound the solver could never leave it."""
FLOOR = 1e-9
"""Of errors, to stay on the logit scale."""


@dataclass(frozen=True, slots=True)
class Points:
    """What a curve is fitted to: three sizes or more, rising."""

    sizes: Values
    errors: Values
    """Mean error at each size, above 0 and below 1."""
    weights: Values
    """Of residuals on the logit scale: 1 / standard error."""

    @property
    def relative(self) -> Values:
        """Sizes as parts of the largest."""
        return self.sizes / self.sizes[-1]


@dataclass(frozen=True, slots=True)
class Fitted:
    """One family, fitted."""

    family: str
    largest: float
    """The size that others are parts of."""
    parameters: dict[str, float]
    """`log_s`, `c`, `a`, `d` of a power law; `level` (logit of the error at the largest size) and `slope` of the
    logit-linear family."""

    def logit_error(self, sizes: ArrayLike) -> Values:
        """The error at training sizes, on the logit scale."""
        relative = np.asarray(sizes, dtype=np.float64) / self.largest
        if self.family == LOGIT_LINEAR:
            return np.asarray(self.parameters["level"] + self.parameters["slope"] * np.log(relative))
        order = ("log_s", "c", "a", "d")
        return _logit(_power_law(np.asarray([self.parameters[name] for name in order]), relative))


def fit(family: str, points: Points, start: Fitted | None = None) -> Fitted:
    """Fit one of `FAMILIES` to `points` by weighted least squares on the logit scale.

    Begins at `start` where that is given, else at two places, of which the better end is taken.
    """
    if family == LOGIT_LINEAR:
        slope, level = np.polyfit(np.log(points.relative), _logit(points.errors), 1, w=points.weights)
        return Fitted(family, float(points.sizes[-1]), {"level": float(level), "slope": float(slope)})
    names = POWER_LAWS[family]
    bound = max(float(points.errors.min()), FLOOR)
    given = [start.parameters] if start is not None else [_start(points, bound, one) for one in STARTS]
    starts = [_lowered(names, one, points.relative[0]) for one in given]
    best = min((_solve(names, points, bound, one) for one in starts), key=lambda end: float(end[1]))
    found = {name: 0.0 for name in ("log_s", "c", "a", "d")} | dict(zip(names, map(float, best[0]), strict=True))
    return Fitted(family, float(points.sizes[-1]), found)


def _start(points: Points, bound: float, plain: dict[str, float]) -> dict[str, float]:
    above = max(points.errors[-1] - plain["a"] * bound, 0.05 * points.errors[-1])
    return {"log_s": float(np.log(above)), "c": plain["c"], "a": plain["a"] * bound, "d": plain["d"]}


def _lowered(names: tuple[str, ...], start: dict[str, float], smallest: float) -> dict[str, float]:
    """`start` with a law that is below `START_BELOW` at the size `smallest`: less steep, then lower, as it needs."""
    a, d = (start[name] if name in names else 0.0 for name in ("a", "d"))
    a = min(a, START_BELOW / 2)
    room, distance = np.log(START_BELOW - a), -np.log((smallest + d) / (1 + d))
    c = float(max(min((room - start["log_s"]) / distance, start["c"]), LEAST_PART))
    return start | {"a": a, "c": c, "log_s": float(min(start["log_s"], room - c * distance))}


def _solve(names: tuple[str, ...], points: Points, bound: float, start: dict[str, float]) -> tuple[Values, float]:
    """Parameters, and the cost that they end with.

    Bounds are kept by a logistic transformation, so that MINPACK's Levenberg-Marquardt can be used: it ends at the same
    place as the solver for bounds, in less than half of the time, and thousands of resamples are fitted.
    """
    free = len(names)
    top = np.asarray([{"a": bound}.get(name, 1.0) for name in names[1:]])
    plain = np.asarray([PLAIN[name] for name in names[1:]])
    target, relative, weights = _logit(points.errors), points.relative, points.weights

    def parameters(inner: Values) -> Values:
        return np.concatenate([inner[:1], top * expit(inner[1:]), np.zeros(4 - free)])

    def residuals(inner: Values) -> Values:
        off = weights * (_logit(_power_law(parameters(inner), relative)) - target)
        return np.concatenate([off, RIDGE * (expit(inner[1:]) - plain)])

    def jacobian(inner: Values) -> Values:
        part = expit(inner[1:])
        steep = part * (1 - part)
        rows = np.zeros((len(relative) + free - 1, free))
        rows[: len(relative)] = weights[:, None] * _slopes(parameters(inner), relative)[:, :free]
        rows[: len(relative), 1:] *= top * steep
        rows[len(relative) :, 1:] = np.diag(RIDGE * steep)
        return rows

    parts = np.clip(np.asarray([start[name] for name in names[1:]]) / top, LEAST_PART, MOST_PART)
    begin = np.concatenate([[start["log_s"]], logit(parts)])
    end = least_squares(residuals, begin, jac=jacobian, method="lm", xtol=1e-6, ftol=1e-8, max_nfev=200)
    return parameters(end.x)[:free], end.cost


def _power_law(parameters: Values, relative: Values) -> Values:
    log_s, c, a, d = parameters
    return np.asarray(a + np.exp(log_s - c * np.log((relative + d) / (1 + d))))


def _slopes(parameters: Values, relative: Values) -> Values:
    """Of the error's logit by each parameter: sizes x 4."""
    log_s, c, a, d = parameters
    distance = np.log((relative + d) / (1 + d))
    above = np.exp(log_s - c * distance)
    by_d = -c * above * (1 / (relative + d) - 1 / (1 + d))
    error = np.clip(a + above, FLOOR, 1 - FLOOR)
    return np.stack([above, -distance * above, np.ones_like(above), by_d], axis=1) / (error * (1 - error))[:, None]


def _logit(errors: Values) -> Values:
    return np.asarray(logit(np.clip(errors, FLOOR, 1 - FLOOR)))


def mean_logit(curves: list[Fitted], sizes: ArrayLike) -> Values:
    """The equal mean of several families, on the logit scale."""
    return np.asarray(np.mean([curve.logit_error(sizes) for curve in curves], axis=0))


def error_of(logits: Values) -> Values:
    """From the logit scale to errors."""
    return np.asarray(expit(logits))
