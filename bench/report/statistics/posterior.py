"""What seeds' mean errors at rising training sizes say of all shapes of curves: how likely each is, and at what level.

The model, on the logit scale, with n_L the largest size that was measured:

    seen(n) = curve(n) + wander(n) + noise of the seeds

Real curves are not smooth. Their wander is a random walk in log2 n, which begins at n_L and goes both ways: what was
seen far from n_L counts less, and what lies beyond is uncertain even where the curve is known. The level of a shape is
estimated by generalized least squares; shapes and sizes of the wander are averaged by their likelihood, families by a
power of theirs. So data decide as far as they can, and what they leave open is in the variance.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit, logsumexp, softmax

from bench.report.statistics.curve_families import FAMILIES, Shapes, shapes, spread
from bench.report.statistics.variance import Values

WANDERS = {0.015: 0.3, 0.03: 0.5, 0.06: 0.2}
"""Standard deviation of the wander's step for each doubling, and how likely it is before data are seen. On 58 real
curves of 12 seeds (GoEmotions and SMS spam; TF-IDF with SGD, logistic regression on frozen MiniLM) third differences
say 0.01 to 0.03."""
SHARED = 0.25
"""Of a seed's variance at a size, the part that is the same at all sizes (0.17 to 0.21 on the same curves)."""
STEPS = 4
"""Of Gauss and Newton, to a shape's level."""
LONGEST_STEP = 1.0
TRUST = 0.5
"""Power of the families' likelihoods: a curve is of none of them, so the better fit is less telling than it seems."""
NARROWER = 0.9
"""Factor of the deviation: shapes are spread more widely than curves are, and bands of 90 % held the truth in 97."""
MIN_LOG_SHARE = float(np.log(1e-4))
"""Of a shape's likelihood, as a part of its family's highest: thousands of less likely ones say nothing together."""


@dataclass(frozen=True, slots=True)
class Member:
    """The shapes of one family under one wander, as data leave them."""

    family: str
    wander: float
    points: Values
    """The shapes: see `families.spread`."""
    level: Values
    variance: Values
    """Of the level."""
    share: Values
    """How likely each shape is, among all of all members."""

    def moments(self, relative: Values, smallest: float) -> tuple[Values, Values]:
        """Of the error's logit at relative sizes: sums over shapes of its mean and of its square, times the share."""
        curves, slopes = shapes(self.family, self.points, relative, smallest).logit_error(self.level)
        spread_out = slopes**2 * self.variance[:, None] + self.wander**2 * np.abs(np.log2(relative))
        return self.share @ curves, self.share @ (curves**2 + spread_out)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Curves of all families, weighted by how likely data make them."""

    smallest: float
    largest: float
    """Training sizes that were measured."""
    members: tuple[Member, ...]

    def logit_error(self, sizes: ArrayLike) -> tuple[Values, Values]:
        """The error's logit at training sizes, and its standard deviation."""
        relative = np.atleast_1d(np.asarray(sizes, dtype=np.float64)) / self.largest
        moments = [one.moments(relative, self.smallest / self.largest) for one in self.members]
        mean, square = np.sum(moments, axis=0)
        return mean, NARROWER * np.sqrt(np.maximum(square - mean**2, 0))

    @property
    def families(self) -> dict[str, float]:
        """How likely each family is."""
        return {
            family: float(sum(one.share.sum() for one in self.members if one.family == family)) for family in FAMILIES
        }


def posterior(sizes: Values, errors: Values, standard_errors: Values) -> Posterior:
    """What mean `errors` of seeds (above 0 and below 1) at rising `sizes` say, which have these `standard_errors`."""
    relative = sizes / sizes[-1]
    seen, noise = logit(errors), standard_errors / (errors * (1 - errors))
    known = np.outer(noise, noise) * (SHARED + (1 - SHARED) * np.eye(len(sizes)))
    distance = -np.log2(relative)
    members: list[Member] = []
    evidence: list[float] = []
    for family in FAMILIES:
        points = spread(family)
        at, found = shapes(family, points, relative, relative[0]), []
        for wander, likely in WANDERS.items():
            level, variance, fit = _fitted(at, seen, known + wander**2 * np.minimum(distance[:, None], distance))
            found.append(Member(family, wander, points, level, variance, np.log(likely) + fit))
        evidence.append(float(logsumexp([one.share for one in found])) - np.log(len(points)))
        members += _shared(found)
    trusted = dict(zip(FAMILIES, softmax(TRUST * np.asarray(evidence)), strict=True))
    weighted = (replace(one, share=one.share * trusted[one.family]) for one in members)
    return Posterior(float(sizes[0]), float(sizes[-1]), tuple(weighted))


def _shared(members: list[Member]) -> list[Member]:
    """Members of one family whose `share` is a log likelihood: shares of all that is likely, of shapes that matter."""
    highest = max(float(one.share.max()) for one in members)
    kept = [one.share > highest + MIN_LOG_SHARE for one in members]
    total = sum(float(np.exp(one.share[of] - highest).sum()) for one, of in zip(members, kept, strict=True))
    return [
        replace(
            one,
            points=one.points[of],
            level=one.level[of],
            variance=one.variance[of],
            share=np.exp(one.share[of] - highest) / total,
        )
        for one, of in zip(members, kept, strict=True)
        if of.any()
    ]


def _fitted(curves: Shapes, seen: Values, covariance: Values) -> tuple[Values, Values, Values]:
    """Of each shape: its level, the level's variance, and the log likelihood with the level integrated out."""
    precision = np.linalg.inv(covariance)
    level = np.full(len(curves.ratio), seen[-1])
    for step in range(STEPS + 1):
        found, slopes = curves.logit_error(level)
        off, weighted = seen - found, slopes @ precision
        information = (weighted * slopes).sum(axis=1)
        if step < STEPS:
            level = level + np.clip((weighted * off).sum(axis=1) / information, -LONGEST_STEP, LONGEST_STEP)
    misfit = ((off @ precision) * off).sum(axis=1)
    return level, 1 / information, -0.5 * (misfit + np.log(information) + np.linalg.slogdet(covariance)[1])
