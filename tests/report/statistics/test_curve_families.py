"""Shapes of learning curves and what data say of them: the same as another way of integrating, wherever errors are."""

import warnings

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import multivariate_normal

from bench.report.statistics.curve_families import FAMILIES, MIN_SHIFT, STEEPEST, shapes, spread
from bench.report.statistics.curves import Curve, Observed, fit_curve
from bench.report.statistics.posterior import NARROWER, SHARED, TRUST, WANDERS, posterior
from tests.report.statistics.learning import high_truth, observe

SPANS = (16, 32, 64)
KINDS = ("POW3", "POW2", "logit-linear")


def sizes_over(span: int) -> np.ndarray:
    return 32.0 * 2.0 ** np.arange(np.log2(span) + 1)


def law(family: str, random, levels: np.ndarray, relative: np.ndarray, smallest: float) -> np.ndarray:
    """Logits of errors of random members of a family, written out again: members x sizes."""
    u, e, number = relative[None], expit(levels)[:, None], len(levels)
    if family == "logit-linear":
        return levels[:, None] - random.uniform(0, STEEPEST, (number, 1)) * np.log(u)
    c, a = random.uniform(0, 1, (number, 1)), random.uniform(0, 1, (number, 1))
    d = np.exp(random.uniform(np.log(MIN_SHIFT * smallest), 0, (number, 1)))
    a, d = (a if family != "POW2" else 0), (d if family == "POW4" else 0)
    return logit(np.clip(e * (a + (1 - a) * ((u + d) / (1 + d)) ** -c), 1e-9, 1 - 1e-9))


def by_random_members(
    seen: Observed, beyond: np.ndarray, random, number: int = 60_000
) -> tuple[np.ndarray, np.ndarray]:
    """The logit's mean and deviation beyond the data, by random members and levels that are weighted by likelihood."""
    relative, errors = seen.sizes / seen.sizes[-1], seen.errors
    noise = seen.standard_errors / (errors * (1 - errors))
    known, distance = np.outer(noise, noise) * np.where(np.eye(len(errors)), 1, SHARED), -np.log2(relative)
    evidence, first, second = [], [], []
    for family in FAMILIES:
        weights, curves, walks = [], [], []
        for wander, likely in WANDERS.items():
            levels = logit(errors[-1]) + noise[-1] * random.uniform(-5, 5, number)
            drawn = law(family, random, levels, np.concatenate([relative, beyond]), relative[0])
            walk = wander**2 * np.minimum(distance[:, None], distance)
            seen_by = multivariate_normal(logit(errors), known + walk)
            weights.append(likely * seen_by.pdf(drawn[:, : len(errors)]))
            curves.append(drawn[:, len(errors) :])
            walks.append(np.tile(wander**2 * np.log2(beyond), (number, 1)))
        weight, curve = np.concatenate(weights), np.concatenate(curves)
        evidence.append(weight.sum() ** TRUST)
        first.append(weight @ curve / weight.sum())
        second.append(weight @ (curve**2 + np.concatenate(walks)) / weight.sum())
    share = np.asarray(evidence) / np.sum(evidence)
    return share @ first, NARROWER * np.sqrt(share @ second - (share @ first) ** 2)


@pytest.mark.parametrize("span", SPANS)
def test_another_way_of_integrating_says_the_same_where_errors_are_high(span):
    random = np.random.default_rng(span)
    for kind in KINDS:
        seen = observe(random, high_truth(kind, random, span, 32), sizes_over(span), 16, spread=0.02)
        mean, deviation = posterior(seen.sizes, seen.errors, seen.standard_errors).logit_error(
            seen.sizes[-1] * np.asarray([4, 16])
        )
        other_mean, other_deviation = by_random_members(seen, np.asarray([4.0, 16.0]), random)
        np.testing.assert_allclose(mean, other_mean, atol=0.03, err_msg=kind)
        np.testing.assert_allclose(deviation, other_deviation, rtol=0.12, err_msg=kind)


@pytest.mark.parametrize("family", FAMILIES)
def test_shapes_fall_with_the_size_and_are_of_the_level_at_the_largest(family):
    relative = np.asarray([1 / 32, 1 / 4, 1.0, 4.0, 16.0])
    found = shapes(family, spread(family), relative, 1 / 32)
    levels = np.full(len(found.ratio), -1.0)
    curves, slopes = found.logit_error(levels)
    assert (np.diff(curves, axis=1) <= 0).all()
    np.testing.assert_allclose(curves[:, 2], -1.0)
    ahead = (found.logit_error(levels + 1e-6)[0] - curves) / 1e-6
    steady = expit(curves) < 0.99
    np.testing.assert_allclose(ahead[steady], slopes[steady], rtol=1e-3)


@pytest.mark.parametrize("family", ["POW2", "POW3", "POW4", "logit-linear"])
def test_many_sizes_without_noise_tell_curves_of_all_families_far_ahead(family):
    relative = np.geomspace(1 / 256, 16, 13)
    errors = {
        "POW2": 0.1 * relative**-0.35,
        "POW3": 0.06 + 0.04 * relative**-0.5,
        "POW4": 0.05 + 0.02 * ((relative + 0.1) / 1.1) ** -0.8,
        "logit-linear": 1 / (1 + np.exp(2 + 0.3 * np.log(relative))),
    }[family]
    found = posterior(1024 * relative[:9], errors[:9], np.full(9, 0.0005))
    assert sum(found.families.values()) == pytest.approx(1)
    np.testing.assert_allclose(expit(found.logit_error(1024 * relative)[0]), errors, atol=0.015)


def test_data_decide_between_families():
    relative = np.geomspace(1 / 256, 1, 9)
    straight = expit(0.2 - 0.5 * np.log(256 * relative))
    power = 0.9 * (256 * relative) ** -0.3
    of_straight = posterior(1024 * relative, straight, np.full(9, 0.002)).families
    of_power = posterior(1024 * relative, power, np.full(9, 0.002)).families
    assert of_straight["logit-linear"] > 0.8
    assert of_power["logit-linear"] < 0.1


def test_three_points_are_enough_whatever_they_are():
    random = np.random.default_rng(0)
    for _ in range(20):
        errors = np.clip(np.sort(random.uniform(0.001, 0.999, 3))[::-1], 0.01, 0.99)
        mean, deviation = posterior(np.asarray([32.0, 128, 512]), errors, np.full(3, 0.003)).logit_error(
            [512, 2048, 8192]
        )
        assert np.isfinite(mean).all()
        assert (np.diff(mean) <= 0).all()
        assert (np.diff(deviation) > 0).all()


def test_data_that_no_family_comes_near_leave_all_numbers_finite():
    sizes = np.asarray([10.0, 11, 57, 102, 144, 326, 1237, 8419, 10420])
    errors = np.asarray([0.9, 0.53753, 0.40398, 0.30862, 0.23184, 0.16647, 0.10895, 0.1, 0.1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = posterior(sizes, errors, np.full(9, 0.003))
        mean, deviation = found.logit_error(sizes[-1] * np.asarray([0.5, 1, 4, 16]))
    assert np.isfinite([mean, deviation]).all()
    assert sum(found.families.values()) == pytest.approx(1)


@pytest.mark.parametrize("span", SPANS)
def test_a_curve_is_near_the_data_wherever_errors_are(span):
    random = np.random.default_rng(5)
    for first in (0.3, 0.5, 0.7, 0.9, 0.97, 0.999):
        sizes = sizes_over(span)
        errors = first * (sizes / 32) ** -random.uniform(0.02, 0.15)
        found = posterior(sizes, errors, np.full(len(sizes), 0.01))
        away = np.abs(expit(found.logit_error(sizes)[0]) - errors)
        assert away.max() < 0.05, first
        assert away[-1] < 0.02, first


def test_a_line_begins_where_emotions_of_sixteen_labels_were_measured():
    """Accuracies as of tfidf_sgd on GoEmotions: the line once began at 0.401 and said 0.680 for 8,192."""
    accuracies = np.asarray([0.143, 0.179, 0.237, 0.293, 0.347]) + np.asarray([[-0.008], [0.0], [0.008]])
    curve = fit_curve(Observed(32 * 2.0 ** np.arange(5), accuracies, 16, 1600))
    assert isinstance(curve, Curve)
    np.testing.assert_allclose(curve.estimate(curve.observed.sizes), accuracies.mean(axis=0), atol=0.01)
    assert curve.estimate([8192])[0] == pytest.approx(0.528, abs=0.04)
    band = curve.band([8192])
    assert band.low[0] < 0.528 < band.high[0]
