"""Levels of repeated looks, against published boundaries and a simulation."""

import numpy as np
import pytest
from scipy import special

from bench.report.statistics.spending import levels, spending

FIFTHS = (0.2, 0.4, 0.6, 0.8, 1.0)


def bounds(times, spent):
    return [float(-special.ndtri(level / 2)) for level in levels(tuple(times), tuple(spent))]


def test_a_single_look_spends_all_at_its_own_level():
    assert levels((1.0,), (0.05,)) == (pytest.approx(0.05, rel=1e-3),)


@pytest.mark.parametrize(
    ("power", "published"),
    # Jennison and Turnbull (2000), table 7.3 and the power family of Kim and DeMets: five looks, two-sided 5 %
    [(1, (2.576, 2.490, 2.411, 2.339, 2.273)), (2, (3.090, 2.714, 2.471, 2.280, 2.115))],
)
def test_boundaries_of_the_power_family(power, published):
    assert bounds(FIFTHS, spending(FIFTHS, 0.05, power)) == pytest.approx(published, abs=0.005)


def test_pococks_constant_is_what_spends_equal_levels():
    # with Pocock's constant for five looks, 2.413, every look has this bound: spend what it crosses and get it back
    random = np.random.default_rng(3)
    walk = np.cumsum(random.standard_normal((400_000, 5)), axis=1) / np.sqrt(np.arange(1, 6))
    crossed = np.abs(walk) > 2.413
    first = crossed & (np.cumsum(crossed, axis=1) == 1)
    spent = first.mean(axis=0)
    assert spent.sum() == pytest.approx(0.05, abs=0.002)
    assert bounds(FIFTHS, spent) == pytest.approx([2.413] * 5, abs=0.03)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 8])
@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_all_looks_together_cross_as_often_as_is_spent(alpha, power):
    times = tuple(count / 10 for count in range(2, 11))
    limits = -special.ndtri(np.array(levels(times, spending(times, alpha, power))) / 2)
    random = np.random.default_rng(5)
    walk = np.cumsum(random.standard_normal((200_000, 10)), axis=1)[:, 1:] / np.sqrt(np.arange(2, 11))
    share = float((np.abs(walk) > limits).any(axis=1).mean())
    assert share == pytest.approx(alpha, abs=4 * np.sqrt(alpha / 200_000))


def test_later_looks_do_not_change_the_levels_of_earlier_ones():
    times = (0.2, 0.5, 0.7)
    spent = (0.01, 0.02, 0.001)
    assert levels(times, spent)[:2] == levels(times[:2], spent[:2])


@pytest.mark.parametrize("times", [(), (0.5, 0.5), (0.0, 1.0), (0.5, 0.4)])
def test_times_that_do_not_rise_are_refused(times):
    with pytest.raises(ValueError, match="must rise"):
        levels(times, (0.01,) * len(times))
