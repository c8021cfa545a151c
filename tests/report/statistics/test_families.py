"""The solver of learning curves ends where another one does, wherever errors are."""

import numpy as np
import pytest
from scipy.optimize import differential_evolution
from scipy.special import logit

from bench.report.statistics.curves import Curve, Observed, fit_curve
from bench.report.statistics.families import PLAIN, POWER_LAWS, RIDGE, Points, fit
from tests.report.statistics.learning import high_truth, observe

SPANS = (16, 32, 64)
KINDS = ("POW3", "POW2", "logit-linear")


def observed_points(random, kind: str, span: int) -> Points:
    """Means of three seeds at sizes that double, errors from 0.9 down to 0.5."""
    sizes = 32.0 * 2.0 ** np.arange(np.log2(span) + 1)
    seen = observe(random, high_truth(kind, random, span, 32), sizes, 16, spread=0.02)
    return Points(sizes, seen.errors, seen.errors * (1 - seen.errors) / seen.standard_errors)


def cost(names: tuple[str, ...], points: Points, inner: np.ndarray) -> float:
    """Half of the squared residuals and of the ridge, written out again; `a` is a part of the smallest error."""
    parts = dict(zip(names, inner, strict=True))
    a, d = parts.get("a", 0.0) * points.errors.min(), parts.get("d", 0.0)
    law = a + np.exp(parts["log_s"]) * ((points.relative + d) / (1 + d)) ** -parts["c"]
    off = points.weights * (logit(np.clip(law, 1e-9, 1 - 1e-9)) - logit(points.errors))
    pull = [RIDGE * (parts[name] - PLAIN[name]) for name in names[1:]]
    return float(np.sum(off**2) + np.sum(np.square(pull))) / 2


def cost_of(family: str, points: Points) -> float:
    """Of what `fit` found."""
    names, found = POWER_LAWS[family], fit(family, points).parameters
    bounds = {"a": points.errors.min()}
    return cost(names, points, np.asarray([found[name] / bounds.get(name, 1.0) for name in names]))


@pytest.mark.parametrize("family", POWER_LAWS)
@pytest.mark.parametrize("span", SPANS)
def test_no_other_solver_finds_a_better_fit_where_errors_are_high(family, span):
    random = np.random.default_rng(span)
    for kind in KINDS:
        points = observed_points(random, kind, span)
        names = POWER_LAWS[family]
        bounds = [(np.log(1e-3), 0.0), *[(1e-6, 1.0)] * (len(names) - 1)]
        other = differential_evolution(
            lambda inner, points=points, names=names: cost(names, points, inner), bounds, rng=0, maxiter=150, popsize=8
        )
        assert cost_of(family, points) <= other.fun * 1.02 + 0.01, kind


@pytest.mark.parametrize("family", POWER_LAWS)
def test_a_fit_is_near_the_data_wherever_errors_are(family):
    random = np.random.default_rng(5)
    for span in SPANS:
        for first in (0.3, 0.5, 0.7, 0.9, 0.97, 0.999):
            sizes = 32.0 * 2.0 ** np.arange(np.log2(span) + 1)
            errors = first * (sizes / 32) ** -random.uniform(0.02, 0.15)
            found = fit(family, Points(sizes, errors, errors * (1 - errors) / 0.01))
            away = np.abs(1 / (1 + np.exp(-found.logit_error(sizes))) - errors)
            assert away.max() < 0.05, (span, first)
            assert away[-1] < 0.035, (span, first)


def test_a_line_begins_where_emotions_of_sixteen_labels_were_measured():
    """Accuracies as of tfidf_sgd on GoEmotions: the line once began at 0.401 and said 0.680 for 8,192."""
    accuracies = np.asarray([0.143, 0.179, 0.237, 0.293, 0.347]) + np.asarray([[-0.008], [0.0], [0.008]])
    curve = fit_curve(Observed(32 * 2.0 ** np.arange(5), accuracies, 16, 1600))
    assert isinstance(curve, Curve)
    np.testing.assert_allclose(curve.estimate(curve.observed.sizes), accuracies.mean(axis=0), atol=0.01)
    assert curve.estimate([8192])[0] == pytest.approx(0.528, abs=0.04)
    band = curve.band([8192])
    assert band.low[0] < 0.528 < band.high[0]


def test_resamples_begin_in_reach_too():
    random = np.random.default_rng(2)
    sizes = 32 * 2.0 ** np.arange(7)
    seen = observe(random, high_truth("POW2", random, 64, 32), sizes, 32, spread=0.05)
    curve = fit_curve(seen)
    assert isinstance(curve, Curve)
    for _, families in curve.resampled:
        for one in families:
            assert abs(1 / (1 + np.exp(-one.logit_error(sizes[-1:])[0])) - seen.errors[-1]) < 0.05
