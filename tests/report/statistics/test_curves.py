import os
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import curve_fit

from bench.report.statistics.correctness import sample_of
from bench.report.statistics.curves import Curve, Observed, Refusal, fit_curve, observed
from bench.report.statistics.intervals import Interval, mean_interval
from bench.report.statistics.targets import examples_needed, measured_ends
from tests.report.statistics.answers import exactly, grid_of
from tests.report.statistics.worlds import FACTORS, Outcome, outcomes, real, simulated, table

ROUNDS = int(os.environ.get("SIMULATION_ROUNDS", "30"))
"""Worlds of each kind, at each window and span."""
SIZES = 32 * 2.0 ** np.arange(6)


def naive_band(seen: Observed, size: float) -> tuple[float, float]:
    """What resampled seeds alone say with one power law."""
    random = np.random.default_rng(0)

    def law(relative, a, s, c):
        return a + s * relative**-c

    ends = []
    for _ in range(10):
        errors = 1 - seen.accuracies[random.integers(0, len(seen.accuracies), len(seen.accuracies))].mean(axis=0)
        start = (0.2 * errors[-1], 0.8 * errors[-1], 0.3)
        found, _ = curve_fit(law, seen.sizes / seen.sizes[-1], errors, start, bounds=([0, 0, 0], [1, 1, 1]))
        ends.append(1 - law(size / seen.sizes[-1], *found))
    return float(np.quantile(ends, 0.05)), float(np.quantile(ends, 0.95))


@pytest.fixture(scope="module")
def everywhere() -> list[Outcome]:
    """Of worlds of all kinds."""
    return outcomes(simulated(np.random.default_rng(7), ROUNDS))


@pytest.mark.parametrize(("factor", "most_error", "most_far_off"), [(4, 1.5, 0.0), (16, 2.7, 1.0)])
def test_curves_of_all_kinds_of_worlds_are_carried_on_well(everywhere, factor, most_error, most_far_off):
    line = table(everywhere).loc[("all", factor)]
    assert line["curves"] > 18 * ROUNDS  # of 19: few are refused
    assert line["error"] <= most_error
    assert line["off by 10 %"] <= most_far_off
    last = 100 * np.mean([abs(one.last) for one in everywhere if one.factor == factor])
    assert line["error"] < 0.35 * last  # of carrying the last value on


@pytest.mark.parametrize("factor", FACTORS)
def test_bands_hold_the_truth_in_all_kinds_of_worlds(everywhere, factor):
    lines = table(everywhere).xs(factor, level="factor")
    assert 85 <= lines.loc["all", "held %"] <= 97
    assert (lines["held %"] >= 85 - 200 * np.sqrt(0.9 * 0.1 / lines["curves"])).all()  # of each kind, by chance less
    assert lines.loc["all", "width"] <= {4: 9, 16: 15}[factor]


@pytest.mark.filterwarnings("ignore:Covariance of the parameters")
def test_naive_bands_do_not():
    held = []
    for kind, seen, true in simulated(np.random.default_rng(8), max(ROUNDS // 10, 1)):
        low, high = naive_band(seen, seen.sizes[-1] * 4)
        held += [] if kind.startswith("high") else [low <= true[4] <= high]
    assert np.mean(held) < 0.7


def test_bands_hold_the_truth_where_curves_wander_more_than_real_ones():
    found = table(outcomes(simulated(np.random.default_rng(9), max(ROUNDS // 3, 1), wander=0.07)))
    for factor in FACTORS:
        assert 80 <= found.loc[("all", factor), "held %"] <= 97


def test_real_curves_are_carried_on_well():
    found = table(outcomes(real(np.random.default_rng(0))))
    for factor, most_error in ((4, 1.8), (16, 3.3)):
        line = found.loc[("all", factor)]
        assert line["error"] < most_error
        assert line["off by 10 %"] == 0
        assert line["held %"] >= 85


def test_a_known_curve_is_carried_on_well():
    errors = 0.05 + 0.9 * SIZES**-0.4
    curve = fit_curve(Observed(SIZES, 1 - errors + np.asarray([[-0.002], [0], [0.002]]), 4, 1000))
    assert isinstance(curve, Curve)
    for size in (4096, 16384):
        assert curve.estimate([size])[0] == pytest.approx(0.95 - 0.9 * size**-0.4, abs=0.02)


def flat(level: float, seeds: int = 3) -> np.ndarray:
    return np.full((seeds, 6), level) + 0.01 * np.random.default_rng(0).standard_normal((seeds, 6))


@pytest.mark.parametrize(
    ("accuracies", "sizes", "labels", "reason"),
    [
        (np.linspace(0.25, 0.3, 6) + np.zeros((3, 1)), SIZES, 4, "too near to guessing"),
        (flat(0.8), SIZES, 4, "smaller than the noise between seeds"),
        (np.linspace(0.9, 0.6, 6) + np.zeros((3, 1)), SIZES, 2, "smaller than the noise between seeds"),  # it falls
        (np.linspace(0.5, 0.9, 6) + np.zeros((3, 1)), SIZES / 16, 16, "per label at the largest size"),
        (np.linspace(0.5, 0.9, 6) + np.zeros((1, 1)), SIZES, 4, "at least 2 seeds"),
        (np.zeros((0, 6)), SIZES, 4, "at least 2 seeds"),
        (np.asarray([[0.5, 0.9]] * 3), SIZES[:2], 4, "at least 3 training sizes"),
    ],
)
def test_hopeless_curves_are_refused(accuracies, sizes, labels, reason):
    found = fit_curve(Observed(sizes, accuracies, labels, 500))
    assert isinstance(found, Refusal)
    assert reason in found.reason
    assert examples_needed(found, 0.9).verdict == "refused"


def test_always_the_most_frequent_label_is_guessing_too():
    accuracies = np.linspace(0.5, 0.88, 6) + np.zeros((3, 1))
    assert isinstance(fit_curve(Observed(SIZES, accuracies, 2, 500)), Curve)
    found = fit_curve(Observed(SIZES, accuracies, 2, 500, most_frequent=0.87))
    assert "too near to guessing: it removes 8 % of the error of guessing, and 15 % are needed" in found.reason


def test_curves_of_guessing_are_refused_whatever_the_noise():
    random = np.random.default_rng(3)
    found = [fit_curve(Observed(SIZES, 0.5 + 0.03 * random.standard_normal((3, 6)), 2, 500)) for _ in range(100)]
    assert sum(isinstance(one, Curve) for one in found) <= 1


def rising(sizes=SIZES, labels=4, seeds=3):
    error = 0.04 + 0.5 * (sizes / sizes[0]) ** -0.45
    noise = 0.01 * np.random.default_rng(1).standard_normal((seeds, len(sizes)))
    return fit_curve(Observed(np.asarray(sizes, float), 1 - error + noise, labels, 400))


def test_how_far_it_may_be_carried():
    assert rising().most == 16
    few = rising(sizes=np.asarray([4.0, 8, 16, 32, 64]), labels=8)
    assert (few.most, few.limit) == (
        4,
        "forecasts stop at 4 times the largest size: it has fewer than 16 examples per label",
    )
    short = rising(sizes=np.asarray([800.0, 1600, 2400]))
    assert short.most == 3
    with pytest.raises(ValueError, match="good for up to 7200 training examples"):
        short.band([7300])
    with pytest.raises(ValueError, match="good for up to"):
        short.estimate([0])


def test_bands_widen_and_a_new_test_set_widens_them_more():
    curve = rising()
    same = curve.band([1024, 4096, 16384])
    new = curve.band([1024, 4096, 16384], new_test_set=True)
    assert (np.diff(same.high - same.low) > -1e-9).all()
    assert (same.high - same.low >= 0.05 - 1e-9).all()
    assert (new.low < same.low).all()
    assert (new.high > same.high).all()
    assert ((new.low >= 0) & (new.high <= 1)).all()


def test_near_certainty_the_band_keeps_its_width_within_what_can_be():
    errors = 0.3 * (SIZES / 32) ** -1.0
    band = fit_curve(Observed(SIZES, 1 - errors + np.zeros((3, 1)), 2, 1000)).band([1024, 16384])
    assert band.high[-1] <= 1
    assert (band.high - band.low >= 0.05 - 1e-9).all()


def test_observed_takes_the_seeds_that_have_every_size():
    grid = grid_of({("lora", 2, size): exactly([0.7, 0.8, 0.9][: 3 - (size == 64)]) for size in (32, 64, 128)})
    found = observed(grid, "lora", 2)
    assert found.accuracies.shape == (2, 3)
    assert found.seeds_left_out == (2,)
    assert not found.redrawn_by_size
    assert found.chance == 0.5
    assert observed(grid, "other", 2) is None


def test_test_sets_that_change_with_the_size_are_refused():
    grid = grid_of({("lora", 2, size): exactly([0.5, 0.9], name=str(size)) for size in (32, 64, 128)})
    found = fit_curve(observed(grid, "lora", 2))
    assert "test set of its own" in found.reason


def test_examples_for_a_target():
    curve = rising()
    found = examples_needed(curve, 0.85)
    true = 32 * ((0.15 - 0.04) / 0.5) ** (-1 / 0.45)
    assert found.verdict == "between"
    assert found.low < true < found.high
    assert found.estimate == pytest.approx(true, rel=0.3)
    assert found.searched_to == 16 * 1024
    assert examples_needed(curve, 0.4).verdict == "at_most"
    far = examples_needed(curve, 0.95)
    assert (far.verdict, far.high) == ("at_least", None)
    assert far.low > 1024
    never = examples_needed(curve, 0.999)
    assert (never.verdict, never.estimate, never.low) == ("not_reachable", None, None)
    with pytest.raises(ValueError, match="between 0 and 1"):
        examples_needed(curve, 95)


def measured(curve, *bounds):
    """The same curve with intervals of what was measured at its sizes."""
    intervals = tuple(
        Interval((low + high) / 2, low, high, 0.95, "variance_components", 3, 400) for low, high in bounds
    )
    return replace(curve, observed=replace(curve.observed, intervals=intervals))


def test_examples_for_a_target_stay_within_what_was_measured():
    curve = rising()  # 32, 64, ... 1024; by the curve, 0.81 takes about 465
    plain = examples_needed(curve, 0.81)
    assert plain.low < plain.estimate < 512 < plain.high < 1024
    wide = [(0.3, 0.97)] * 6
    assert examples_needed(measured(curve, *wide), 0.81) == plain
    short = examples_needed(measured(curve, *[(0.4, 0.8)] * 5, (0.8, 0.9)), 0.81)
    assert (short.verdict, short.estimate, short.low, short.high) == ("between", 513, 513, plain.high)
    never_short = examples_needed(measured(curve, *[(0.4, 0.8)] * 6), 0.81)
    assert (never_short.verdict, never_short.low, never_short.high) == ("at_least", 1025, None)
    enough = examples_needed(measured(curve, (0.3, 0.97), *[(0.86, 0.97)] * 5), 0.81)
    assert (enough.verdict, enough.estimate, enough.low, enough.high) == ("between", 64, 32, 64)
    first = examples_needed(measured(curve, *[(0.86, 0.97)] * 6), 0.81)
    assert (first.verdict, first.high) == ("at_most", 32)
    dip = examples_needed(measured(curve, *[(0.86, 0.9)] * 4, (0.7, 0.8), (0.86, 0.9)), 0.81)
    assert (dip.low, dip.high) == (513, plain.high)  # enough once, then not any more


def test_what_was_measured_outweighs_a_curve_that_contradicts_it():
    curve = rising()
    got_there = examples_needed(measured(curve, *[(0.3, 0.97)] * 5, (0.9991, 0.9999)), 0.999)
    assert examples_needed(curve, 0.999).verdict == "not_reachable"
    assert (got_there.verdict, got_there.low, got_there.high) == ("between", 513, 1024)
    late = examples_needed(measured(curve, *[(0.2, 0.39)] * 6), 0.4)
    assert examples_needed(curve, 0.4).verdict == "at_most"
    assert (late.verdict, late.low, late.high) == ("at_least", 1025, None)


def test_intervals_of_a_grid_are_those_of_all_its_seeds():
    grid = grid_of({("lora", 2, size): exactly([0.7, 0.8, 0.9][: 3 - (size == 64)]) for size in (32, 64, 128)})
    found = observed(grid, "lora", 2)
    assert found.intervals == tuple(mean_interval(sample_of(seeds)) for seeds in grid.values())
    assert measured_ends(found, 0.01) == (None, 32)
    assert measured_ends(found, found.intervals[0].estimate) == (None, None)
