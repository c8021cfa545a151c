"""Families of learning curves, each as many shapes that are equally likely before data are seen.

One form serves the three power laws: with u the training size as a part of the largest one that was measured, and e the
error there,

    error = e (a + (1 - a) ((u + d) / (1 + d))^-c)        0 < c < 1, 0 < a < 1, smallest u / 2 < d < 1

POW4 has all parameters, POW3 has d = 0, POW2 has a = d = 0 (names as in Viering and Loog, "The shape of learning
curves", 2022). The fourth family is a straight line of the error's logit over log u. What is common to all is the
level, the logit of e, which the data know well whatever the shape is.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit
from scipy.stats import qmc

from bench.report.statistics.variance import Values

POWER_LAWS = {"POW2": ("c",), "POW3": ("c", "a"), "POW4": ("c", "a", "d")}
"""Free parameters; the others are 0."""
LOGIT_LINEAR = "logit-linear"
FAMILIES = (*POWER_LAWS, LOGIT_LINEAR)
POINTS = {1: 7, 2: 9, 3: 11}
"""Of a family with so many free parameters, the power of 2 that is the number of its shapes."""
STEEPEST = 1.2
"""Slope of a logit-linear curve: the error's odds fall by at most this power of the size."""
MIN_SHIFT = 0.5
"""`d`, as a part of the smallest size; the largest is its other bound, and the scale between them is logarithmic."""
FLOOR = 1e-9
"""Of errors, to stay on the logit scale."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes of one family: what is left of a curve when its level is not known."""

    family: str
    ratio: Values
    """Shapes x sizes: the error as a part of that at the largest size; in the logit-linear family, its log odds less
    those at the largest size."""

    def logit_error(self, levels: Values) -> tuple[Values, Values]:
        """The error's logit for a level of each shape, and its derivative by the level: shapes x sizes.

        The derivative is 0 where an error would be 1 or more.
        """
        if self.family == LOGIT_LINEAR:
            return levels[:, None] + self.ratio, np.ones_like(self.ratio)
        largest = expit(levels)[:, None]
        errors = np.clip(largest * self.ratio, FLOOR, 1 - FLOOR)
        return np.log(errors / (1 - errors)), np.where(errors < 1 - FLOOR, (1 - largest) / (1 - errors), 0.0)


def shapes(family: str, points: Values, relative: Values, smallest: float) -> Shapes:
    """Shapes of one of `FAMILIES`, given as `points` of `spread`, at sizes `relative` to the largest that was measured.

    `smallest` is the smallest that was measured, relative to the largest as well.
    """
    first, *rest = points.T[:, :, None]
    log_size = np.log(np.asarray(relative, dtype=np.float64))
    if family == LOGIT_LINEAR:
        return Shapes(family, -STEEPEST * first * log_size)
    a = rest[0] if rest else 0.0
    distance = log_size
    if len(rest) > 1:
        d = (MIN_SHIFT * smallest) ** (1 - rest[1])
        distance = np.log((relative + d) / (1 + d))
    return Shapes(family, a + (1 - a) * np.exp(-first * distance))


@cache
def spread(family: str) -> Values:
    """Points that are spread evenly over the unit cube, none on its faces: shapes x free parameters of `family`."""
    free = len(POWER_LAWS.get(family, ("slope",)))
    return np.asarray(qmc.Sobol(free, scramble=False).random_base2(POINTS[free]) + 0.5 / 2 ** POINTS[free])
