from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bench.report.statistics.correctness import pair
from bench.report.statistics.intervals import crossed, difference_interval
from bench.report.statistics.paired import compare, holm_p, p_value
from tests.report.statistics.answers import answers, at_accuracy, by_seed, exactly, example_set


def flipped(a_only: int, b_only: int, size: int = 200) -> tuple[dict, dict]:
    """Answers of one seed: so many examples that one alone has right."""
    right = np.arange(size) < 100
    other = right.copy()
    other[:a_only], other[100 : 100 + b_only] = False, True
    return by_seed(right[None, :], example_set(size)), by_seed(other[None, :], example_set(size))


@pytest.mark.parametrize(("a_only", "b_only"), [(12, 3), (0, 5), (8, 8), (0, 0)])
def test_one_seed_is_mcnemars_exact_test(a_only, b_only):
    a, b = flipped(a_only, b_only)
    found = compare("a", "b", pair(a, b))
    total = a_only + b_only
    assert found.p == pytest.approx(stats.binomtest(a_only, total, 0.5).pvalue if total else 1.0)
    assert found.test == "mcnemar"
    assert found.difference.estimate == pytest.approx((a_only - b_only) / 200)


def test_redrawn_seeds_are_the_paired_t_test():
    shares = [(0.80, 0.60), (0.85, 0.72), (0.78, 0.66)]
    a = {n: exactly([one], name=f"{n}-")[0] for n, (one, _) in enumerate(shares)}
    b = {n: exactly([two], name=f"{n}-")[0] for n, (_, two) in enumerate(shares)}
    found = compare("a", "b", pair(a, b))
    expected = stats.ttest_rel(*zip(*shares, strict=True))
    assert found.p == pytest.approx(expected.pvalue, rel=0.2)  # the test sets' own noise is known apart
    interval = expected.confidence_interval(0.95)
    assert (found.difference.low, found.difference.high) == pytest.approx((interval.low, interval.high), abs=0.01)


def test_the_interval_and_the_test_agree():
    random = np.random.default_rng(0)
    for _ in range(50):
        matrix = random.choice([-1, 0, 0, 0, 1], p=[0.15, 0.2, 0.2, 0.2, 0.25], size=(3, 120)).astype(float)
        p, test = p_value(crossed(matrix))
        assert test == "paired_t"
        assert (p < 0.05) == (not difference_interval(crossed(matrix)).holds(0.0))


def test_equal_rows_are_seldom_told_apart_where_pooled_examples_say_so_often():
    random = np.random.default_rng(1)
    world = at_accuracy(0.8, 0.3, 1.5, 0.7)
    ours, pooled = [], []
    for _ in range(600):
        hard = random.standard_normal(300)
        a, b = world.draw(random, 3, hard), world.draw(random, 3, hard)
        ours.append(p_value(crossed(a - b))[0])
        only_a, only_b = int((a > b).sum()), int((b > a).sum())
        pooled.append(stats.binomtest(only_a, only_a + only_b, 0.5).pvalue)
    assert 0.01 <= np.mean(np.asarray(ours) < 0.05) <= 0.08
    assert np.mean(np.asarray(pooled) < 0.05) > 0.2


def test_only_common_seeds_are_compared_and_the_others_named():
    a, b = exactly([0.8, 0.7, 0.9]), exactly([0.6, 0.6])
    found = compare("a", "b", pair(a, b))
    assert found.seeds == (0, 1)
    assert found.paired.only_a == (2,)
    assert found.difference.estimate == pytest.approx(0.15)
    assert found.accuracy_a == pytest.approx(0.75)  # of what was compared, not 0.8


def test_seeds_that_answered_other_examples_are_left_out():
    a = exactly([0.8, 0.8])
    b = {0: exactly([0.7])[0], 1: exactly([0.7], name="other")[0]}
    found = pair(a, b)
    assert (found.seeds, found.only_a, found.only_b) == ((0,), (1,), (1,))
    assert pair({1: a[1]}, {1: b[1]}) is None


def test_an_untrained_row_stands_for_every_seed():
    zero, trained = exactly([0.6]), exactly([0.8, 0.7, 0.9])
    found = pair(zero, trained, a_untrained=True)
    assert found.seeds == (0, 1, 2)
    assert found.stands_for_all
    assert found.sample.mean == pytest.approx(-0.2)
    assert pair(zero, trained).seeds == (0,)  # a trained row's one seed does not


@pytest.mark.parametrize("count", [1, 2, 7, 30])
def test_holm_is_that_of_statsmodels(count):
    p = np.random.default_rng(count).random(count) ** 4
    np.testing.assert_allclose(holm_p(p), multipletests(p, method="holm")[1])


def test_a_perfect_score_has_an_effect_size_whatever_its_parts_were_rounded_to():
    perfect = {
        seed: replace(each, metric="macro_f1", influence=np.full(200, 1 + 2e-16))
        for seed, each in exactly([1.0, 1.0]).items()
    }
    assert perfect[0].values.mean() > 1
    found = compare("a", "b", pair(perfect, exactly([0.25, 0.25])))
    assert found.accuracy_a == 1
    assert found.cohens_h == pytest.approx(np.pi - 2 * np.arcsin(np.sqrt(0.25)))


def test_effect_size_is_cohens_h():
    found = compare("a", "b", pair(exactly([0.5]), exactly([0.25])))
    assert found.cohens_h == pytest.approx(2 * np.arcsin(np.sqrt(0.5)) - 2 * np.arcsin(np.sqrt(0.25)))


def test_answers_helper_is_right_where_it_should_be():
    right = np.asarray([1, 0, 1, 1, 0])
    np.testing.assert_array_equal(answers(right, example_set(5, 3)).correct, right)
