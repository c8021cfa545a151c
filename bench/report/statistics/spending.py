"""Levels of a test that is made again and again on growing data: error spent over the looks.

A test at 5 % that is made after 2, 3, ... and 10 seeds, until it is significant, claims what is not there in far more
than 5 % of cases. Lan and DeMets (1983, Discrete sequential boundaries for clinical trials) spend the error over the
looks: at each of them a part, and the level there is the one by which just this part crosses for the first time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from bench.report.statistics.variance import Values

NODES = 601
"""Of the distribution, over 8 standard deviations each way."""
WIDTH = 8.0


def levels(times: tuple[float, ...], spent: tuple[float, ...]) -> tuple[float, ...]:
    """The two-sided level at each look by which the parts `spent` are used up.

    `times` are shares of the information that there is at the last planned look, rising: seeds over the most seeds.
    The statistic is a Brownian motion there, its increments independent; where the test examples are what makes a
    difference uncertain, and not seeds, looks are more alike than that, and less is spent (Jennison and Turnbull 2000,
    Group Sequential Methods, chapters 7 and 19). Levels of a normal statistic are used for p-values of a t-test, as is
    usual with small samples (there, section 4.4). By numerical integration (Armitage, McPherson and Rowe 1969).
    Raises ValueError where times do not rise.
    """
    if not times or any(late <= soon for soon, late in zip((0.0, *times), times, strict=False)):
        raise ValueError(f"the times of looks must rise from 0, not be {times}")
    return tuple(_look(times[:count], spent[:count]).level for count in range(1, len(times) + 1))


@dataclass(frozen=True, slots=True)
class _Look:
    """A look, and where the statistic may be after it."""

    level: float
    nodes: Values
    weights: Values
    """The probability that no look crossed yet and the statistic is near each node."""


@lru_cache(maxsize=4096)
def _look(times: tuple[float, ...], spent: tuple[float, ...]) -> _Look:
    """The last of the looks; those before it are known to other looks that come after the same ones."""
    before = _look(times[:-1], spent[:-1]) if len(times) > 1 else _Look(1.0, np.zeros(1), np.ones(1))
    time, step = times[-1], times[-1] - (times[-2] if len(times) > 1 else 0.0)
    nodes = np.linspace(-WIDTH, WIDTH, NODES) * np.sqrt(time)
    density = _spread(before, nodes, np.sqrt(step))
    bound = _bound(nodes, density, spent[-1])
    inside = np.where(np.abs(nodes) < bound, density, 0.0) * (nodes[1] - nodes[0])
    return _Look(float(2 * special.ndtr(-bound / np.sqrt(time))), nodes, inside)


def _spread(before: _Look, nodes: Values, step: float) -> Values:
    """The density at `nodes` after a normal step."""
    away = (nodes[:, None] - before.nodes[None, :]) / step
    return np.asarray(np.exp(-(away**2) / 2) @ before.weights / (step * np.sqrt(2 * np.pi)))


def _bound(nodes: Values, density: Values, part: float) -> float:
    """Beyond which, on both sides, `part` lies."""
    step = nodes[1] - nodes[0]
    beyond = step * (2 * np.cumsum(density[::-1]) - density[::-1])  # by trapezoids, from the far end inwards
    outer = nodes[::-1] >= 0
    if part <= beyond[0]:
        return float(nodes[-1])
    return float(np.interp(np.log(part), np.log(np.maximum(beyond[outer], 1e-300)), nodes[::-1][outer]))


def spending(times: Sequence[float], alpha: float, power: float) -> tuple[float, ...]:
    """The part of `alpha` that is spent at each time by the power family, alpha t^power (Kim and DeMets 1987)."""
    used = [alpha * time**power for time in times]
    return tuple(late - soon for soon, late in zip((0.0, *used), used, strict=False))
