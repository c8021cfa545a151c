import os
import time
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score
from statsmodels.stats.proportion import proportion_confint

from bench.report.statistics.bootstrap import (
    Draws,
    drawn_values,
    metric_difference,
    metric_interval,
    observed,
    statistic,
)
from bench.report.statistics.correctness import NO_LABEL, TestPredictions
from bench.report.statistics.intervals import ONE_SEED, crossed, mean_interval
from tests.report.statistics.answers import answers, at_accuracy, by_seed, exactly, example_set

accuracy, macro_f1 = statistic("test_accuracy"), statistic("test_macro_f1")
ROUNDS = int(os.environ.get("SIMULATION_ROUNDS", "120"))
"""Of each setting; more give the same answer with less noise."""


def noisy(random, examples, share):
    return answers((random.random(len(examples)) < share).astype(float), examples, random)


def test_macro_f1_of_draws_is_scikit_learns_with_weights():
    random = np.random.default_rng(0)
    examples = example_set(120, 4)
    given = noisy(random, examples, 0.7)
    weights = random.multinomial(120, np.full(120, 1 / 120), size=20).astype(np.float32)
    expected = [f1_score(examples.labels, given.predicted, average="macro", sample_weight=one) for one in weights]
    np.testing.assert_allclose(macro_f1(given, weights), expected, rtol=1e-5)


def test_a_label_without_test_examples_is_no_zero_in_the_mean():
    examples = example_set(60, 3)
    kept = np.flatnonzero(examples.labels < 2)
    two = replace(examples, ids=tuple(examples.ids[i] for i in kept), labels=examples.labels[kept])
    predicted = two.labels.copy()
    predicted[0] = 2  # which no example is of
    found = macro_f1(TestPredictions(two, predicted), np.ones((1, len(kept)), np.float32))
    assert found[0] == pytest.approx(f1_score(two.labels, predicted, labels=[0, 1], average="macro"))


def test_answers_that_are_no_label_lower_recall_alone():
    examples = example_set(40, 2)
    predicted = examples.labels.copy()
    predicted[:4] = NO_LABEL
    found = macro_f1(TestPredictions(examples, predicted), np.ones((1, 40), np.float32))
    assert found[0] == pytest.approx(f1_score(examples.labels, predicted, labels=[0, 1], average="macro"))
    assert found[0] == pytest.approx(2 * 18 / 38)


def test_many_accuracies_at_once_are_those_of_each():
    random, draws = np.random.default_rng(1), Draws(30)
    one, other = example_set(50), example_set(80, name="other")
    given = [noisy(random, examples, share) for examples, share in ((one, 0.5), (other, 0.7), (one, 0.9), (one, 0.2))]
    found = draws.accuracies([*given, given[0]])
    for answered, shares in zip([*given, given[0]], found, strict=True):
        np.testing.assert_allclose(shares, accuracy(answered, draws.examples(answered.test_set)))
    assert draws.accuracies(given[1:2])[0] is found[1]  # kept


def test_draws_are_the_same_for_the_same_examples_and_paired():
    examples = example_set(50)
    np.testing.assert_array_equal(Draws(20).examples(examples), Draws(20).examples(example_set(50)))
    assert not np.array_equal(Draws(20).examples(examples), Draws(20).examples(example_set(50, name="other")))
    same = exactly([0.6, 0.8, 0.7])
    apart = metric_difference(same, same, macro_f1, Draws(50))
    assert (apart.low, apart.estimate, apart.high) == (0, 0, 0)


def test_accuracy_by_the_bootstrap_is_near_the_variance_components():
    random = np.random.default_rng(3)
    matrix = at_accuracy(0.8, 0.2, 1.5, 0.7).draw(random, 8, random.standard_normal(500))
    seeds = by_seed(matrix, example_set(500))
    drawn, exact = metric_interval(seeds, accuracy, Draws()), mean_interval(crossed(matrix))
    assert drawn.estimate == pytest.approx(exact.estimate)
    assert drawn.high - drawn.low == pytest.approx(exact.high - exact.low, rel=0.1)
    assert drawn.method == "bootstrap"


def test_one_seed_says_that_seeds_are_not_in_it():
    found = metric_interval(exactly([0.8]), macro_f1, Draws(200))
    assert found.method == "examples_bootstrap"
    assert found.method in ONE_SEED


def test_redrawn_test_sets_are_students_t():
    sets = {seed: answers(np.arange(100) < 60 + 10 * seed, example_set(100, name=f"{seed}-")) for seed in range(3)}
    found = metric_interval(sets, accuracy, Draws(20))
    assert found.method == "seed_means"
    t, error = 4.302653, 0.1 / np.sqrt(3)
    for limit in (found.low, found.high):  # Wilson's, of a share of 0.7
        assert abs(limit - 0.7) == pytest.approx(t * error * np.sqrt(limit * (1 - limit) / 0.21))


def percentiles(seeds, draws):
    """The naive interval: percentiles over seeds and examples that were drawn again."""
    means = (drawn_values(seeds, macro_f1, draws) * draws.seeds(sorted(seeds))).sum(axis=1)
    return np.quantile(means, [0.025, 0.975])


def simulate_macro_f1(num_seeds, spread, size=1000, labels=4):
    """How often an interval of macro F1, of a difference and the naive one hold what is true over seeds and examples.

    Seeds differ by `spread` in logits: 0.3 is 4 points of accuracy.
    """
    random, draws = np.random.default_rng([num_seeds, round(100 * spread), size]), Draws(200)
    worlds = [at_accuracy(0.75, spread, 1.5, 0.7), at_accuracy(0.7, spread, 1.5, 0.7)]
    truth = [world.accuracy for world in worlds]  # labels are balanced, and wrong answers any other label
    examples, held = example_set(size, labels), []
    for _ in range(ROUNDS):
        hard = random.standard_normal(size)
        difficulties = [hard, 0.8 * hard + 0.6 * random.standard_normal(size)]
        a, b = (
            {seed: answers(right, examples, random) for seed, right in enumerate(world.draw(random, num_seeds, some))}
            for world, some in zip(worlds, difficulties, strict=True)
        )
        low, high = percentiles(a, draws)
        mean, gap = metric_interval(a, macro_f1, draws), metric_difference(a, b, macro_f1, draws)
        held.append((mean.holds(truth[0]), gap.holds(truth[0] - truth[1]), low <= truth[0] <= high))
    return np.mean(held, axis=0)


def test_macro_f1_of_few_noisy_seeds_is_covered_and_percentiles_do_not_do():
    found = {seeds: simulate_macro_f1(seeds, 0.35) for seeds in (2, 3, 5)}
    for ours, difference, _ in found.values():
        assert 0.92 <= ours <= 0.98, found
        assert 0.92 <= difference <= 0.98, found
    assert max(found[seeds][2] for seeds in (2, 3)) < 0.88, found


def test_macro_f1_of_few_calm_seeds_is_covered():
    found = {seeds: simulate_macro_f1(seeds, 0.1, size=300) for seeds in (2, 5)}
    noise = 2.5 * np.sqrt(0.02 * 0.98 / ROUNDS)
    assert all(min(shares[:2]) >= 0.92 for shares in found.values()), found
    assert all(max(shares[:2]) <= 0.98 + noise for shares in found.values()), found


@pytest.mark.parametrize("seeds", [1, 3])
def test_macro_f1_without_an_error_still_has_a_width(seeds):
    found = metric_interval(exactly([1.0] * seeds), macro_f1, Draws(50))
    assert (found.low, found.high) == pytest.approx(proportion_confint(200, 200, method="wilson"))
    assert found.method == "wilson"


def test_a_grid_takes_seconds():
    random = np.random.default_rng(5)
    cells = [
        {seed: noisy(random, example_set(1000, labels), 0.8) for seed in range(3)}
        for labels in (2, 4, 8, 16)
        for _ in "abc"
    ]
    begun, draws = time.process_time(), Draws()
    for seeds in cells:
        metric_interval(seeds, macro_f1, draws)
    assert (time.process_time() - begun) * 180 / len(cells) < 60  # 5 s on an idle machine


def test_observed_values():
    assert observed(exactly([0.6, 0.8]), accuracy) == pytest.approx({0: 0.6, 1: 0.8})
