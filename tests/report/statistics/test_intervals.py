import os
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from bench.report.statistics.intervals import ONE_SEED, crossed, difference_interval, mean_interval
from bench.report.statistics.variance import mean_squares
from tests.report.statistics.answers import at_accuracy
from tests.report.statistics.simulations import Setting, accuracy_coverage, seeds_of

ROUNDS = int(os.environ.get("SIMULATION_ROUNDS", "400"))
"""Of each setting; more give the same answer with less noise."""
REALISTIC = [(size, accuracy, seed) for size in (300, 1000) for accuracy in (0.7, 0.9) for seed in (0.1, 0.3)]
"""Test examples, expected accuracy, seeds' standard deviation in logits (1 to 6 points of accuracy)."""


@dataclass
class Covered:
    """Whether each interval held the truth, by method."""

    ours: list = field(default_factory=list)
    difference: list = field(default_factory=list)
    pooled: list = field(default_factory=list)
    examples: list = field(default_factory=list)

    def shares(self) -> dict[str, float]:
        return {name: float(np.mean(values)) for name, values in vars(self).items()}


def simulate(size: int, accuracy: float, seed: float, seeds: int = 3) -> dict[str, float]:
    """Coverage of nominal 95 % intervals, ours and naive ones; the two rows share part of what is hard."""
    random = np.random.default_rng([size, round(100 * accuracy), round(100 * seed), seeds])
    one, two = at_accuracy(accuracy, seed, 1.5, 0.7), at_accuracy(accuracy - 0.05, 1.5 * seed, 1.5, 0.7)
    covered = Covered()
    for _ in range(ROUNDS):
        hard = random.standard_normal(size)
        a = one.draw(random, seeds, hard)
        b = two.draw(random, seeds, 0.8 * hard + 0.6 * random.standard_normal(size))
        covered.ours.append(mean_interval(crossed(a)).holds(one.accuracy))
        covered.difference.append(difference_interval(crossed(a - b)).holds(one.accuracy - two.accuracy))
        low, high = proportion_confint(a.sum(), a.size, method="wilson")
        covered.pooled.append(low <= one.accuracy <= high)
        error = a.mean(axis=0).std(ddof=1) / np.sqrt(size)
        covered.examples.append(abs(a.mean() - one.accuracy) < 1.96 * error)
    return covered.shares()


def test_intervals_cover_what_they_say_and_naive_ones_do_not():
    found = {setting: simulate(*setting) for setting in REALISTIC}
    for setting, covered in found.items():
        assert 0.91 <= covered["ours"] <= 0.99, (setting, covered)
        assert 0.91 <= covered["difference"] <= 0.995, (setting, covered)
    mean = {name: np.mean([covered[name] for covered in found.values()]) for name in vars(Covered())}
    assert 0.92 <= mean["ours"] <= 0.98, mean
    assert 0.92 <= mean["difference"] <= 0.98, mean
    assert mean["examples"] < 0.88, mean  # examples alone: what a bootstrap over them does
    assert mean["pooled"] < 0.80, mean  # seeds x examples as if they were independent


FEW_NOISY = [Setting(2, 1000, accuracy, firm=True) for accuracy in (0.8, 0.97)]
"""Where Satterthwaite's degrees of freedom from the mean squares as they are cover 87 to 88 %."""


def test_few_noisy_seeds_are_covered():
    found = {str(setting): accuracy_coverage(setting, ROUNDS) for setting in FEW_NOISY}
    for what in ("accuracy", "difference"):
        assert np.mean([shares[what] for shares in found.values()]) >= 0.92, found


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_few_errors_of_calm_seeds_are_covered_and_not_by_too_much(seeds):
    setting = Setting(seeds, 300, 0.97, noisy=False)
    found = accuracy_coverage(setting, ROUNDS)
    noise = 2.5 * np.sqrt(0.02 * 0.98 / ROUNDS)
    assert all(0.92 <= share <= 0.984 + noise for share in found.values()), found
    assert mean_interval(crossed(np.arange(300) >= np.asarray([[2], [4]]))).low > 0.9  # 3 errors
    lopsided = mean_interval(crossed(np.arange(300) >= np.asarray([[9], [10], [11]])))
    assert lopsided.estimate - lopsided.low > 1.3 * (lopsided.high - lopsided.estimate)


def test_seeds_with_test_sets_of_their_own():
    random = np.random.default_rng(1)
    world = at_accuracy(0.8, 0.2, 1.5, 0.7)
    held = []
    for _ in range(1000):
        sets = [world.draw(random, 1, random.standard_normal(300))[0] for _ in range(3)]
        held.append(mean_interval(seeds_of(sets)).holds(world.accuracy))
    assert 0.93 <= np.mean(held) <= 0.98


def test_mean_squares_are_those_of_the_analysis_of_variance():
    matrix = np.random.default_rng(0).random((4, 30))
    found = mean_squares(matrix)
    seeds, examples = matrix.shape
    within_seeds = (found.examples * (examples - 1) + found.rest * (seeds - 1) * (examples - 1)) / (
        seeds * (examples - 1)
    )
    within_examples = (found.seeds * (seeds - 1) + found.rest * (seeds - 1) * (examples - 1)) / (examples * (seeds - 1))
    assert found.seeds / within_seeds == pytest.approx(stats.f_oneway(*matrix).statistic)
    assert found.examples / within_examples == pytest.approx(stats.f_oneway(*matrix.T).statistic)
    within = matrix.T.var(axis=1, ddof=1).mean()  # of one way, pooled over examples
    assert within_examples == pytest.approx(within)


def test_components_are_recovered():
    random = np.random.default_rng(2)
    found = []
    for _ in range(300):
        effects = 0.3 * random.standard_normal((6, 1)) + 0.5 * random.standard_normal(200)
        found.append(mean_squares(effects + 0.8 * random.standard_normal((6, 200))).components)
    assert np.mean([parts.seeds for parts in found]) == pytest.approx(0.09, rel=0.1)
    assert np.mean([parts.examples for parts in found]) == pytest.approx(0.25, rel=0.05)
    assert np.mean([parts.rest for parts in found]) == pytest.approx(0.64, rel=0.02)


def test_the_standard_error_by_hand():
    # two seeds, two examples: MS_s = 0.25, MS_e = 0.25, MS_r = 0.25
    found = mean_squares([[1, 1], [1, 0]])
    assert (found.seeds, found.examples, found.rest) == (0.25, 0.25, 0.25)
    assert found.standard_error == pytest.approx(np.sqrt(0.25 / 4))
    assert found.df == 1.0  # 0.0625 / 0.1875, and at least 1


def test_the_variance_is_not_below_either_part():
    # seeds that differ less than chance: MS_s = 0
    found = mean_squares([[1, 0, 1, 0], [0, 1, 1, 0]])
    assert found.seeds == 0
    assert found.standard_error == pytest.approx(np.sqrt(found.examples / 8))
    # and examples, too: MS_s = MS_e = 0, MS_r = 1
    crossing = mean_squares([[1, 0], [0, 1]])
    assert (crossing.seeds, crossing.examples, crossing.rest) == (0, 0, 1)
    assert crossing.standard_error == pytest.approx(np.sqrt(1 / 4))


def test_degrees_of_freedom_are_few_though_few_seeds_agree():
    random = np.random.default_rng(4)
    matrix = random.standard_normal(300) + 0.1 * random.standard_normal((2, 300))
    sides = np.asarray([[1.0], [-1.0]])
    apart, near = matrix + 0.5 * sides, matrix + 0.03 * sides
    assert mean_squares(apart).df == pytest.approx(1, abs=0.05)  # seeds are all that matters
    assert mean_squares(near).df < 40  # 299 from the mean squares as they are
    assert mean_squares(matrix).df > 200  # no more than what examples and the rest explain


def test_one_seed_is_wilson_and_says_so():
    right = np.arange(200) < 170
    found = mean_interval(crossed(right[None, :]))
    assert (found.low, found.high) == pytest.approx(proportion_confint(170, 200, method="wilson"))
    assert found.method == "wilson"
    assert found.method in ONE_SEED


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_seeds_that_agree_in_everything_still_have_a_width(value):
    found = mean_interval(crossed(np.full((3, 100), value)))
    assert found.method == "wilson"
    assert found.high - found.low == pytest.approx(3.8415 / 103.8415, abs=1e-4)
    apart = difference_interval(crossed(np.zeros((3, 100))))
    assert apart.low < 0 < apart.high
    assert apart.method == "adjusted_wald"


def test_redrawn_seeds_are_students_t_over_their_means():
    sets = [np.arange(100) < share for share in (70, 85, 92)]
    found = mean_interval(seeds_of(sets))
    t, error = 4.302653, np.std([0.70, 0.85, 0.92], ddof=1) / np.sqrt(3)
    for limit in (found.low, found.high):  # Wilson's, of a share
        root = np.sqrt(limit * (1 - limit) / (found.estimate * (1 - found.estimate)))
        assert abs(limit - found.estimate) / root == pytest.approx(t * error, rel=0.05)
    assert found.method == "seed_means"


def test_redrawn_seeds_that_agree_by_chance_keep_the_noise_of_their_test_sets():
    found = mean_interval(seeds_of([np.arange(100) < 80] * 3))
    low, high = proportion_confint(0.8 * 297, 297, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)


def test_one_seeds_difference_is_bonett_and_price():
    values = np.zeros(100)
    values[:12], values[12:17] = 1, -1
    found = difference_interval(crossed(values[None, :]))
    up, down = 13 / 102, 6 / 102
    half = 1.959964 * np.sqrt((up + down - (up - down) ** 2) / 102)
    assert (found.low, found.high) == pytest.approx((up - down - half, up - down + half), abs=1e-6)
    assert found.estimate == pytest.approx(0.07)


def test_limits_stay_within_what_can_be():
    found = mean_interval(crossed(np.stack([np.arange(40) > right for right in (0, 0, 1, 2)])))
    assert 0 < found.low < found.estimate < found.high < 1
    apart = difference_interval(crossed(np.stack([np.ones(40), -np.ones(40)])))
    assert (apart.low, apart.high) == (-1, 1)


def test_a_matrix_needs_two_of_both():
    with pytest.raises(ValueError, match="at least 2 seeds x 2 examples"):
        mean_squares(np.ones((1, 10)))
