"""Texts with any number of labels: what decides, and that intervals and tests of it hold what they promise."""

import os

import numpy as np
import pytest

from bench.kind import MULTI_LABEL
from bench.metrics.deciding import deciding_name
from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.table import MULTI_LABEL_METRICS
from bench.report.statistics.correctness import TestPredictions, sample_of
from bench.report.statistics.deciding import by_metric, deciding, influence_values
from bench.report.statistics.intervals import difference_interval, mean_interval
from bench.report.statistics.paired import p_value
from bench.report.statistics.points import Point
from bench.report.statistics.significance import Verdicts
from tests.report.statistics.label_sets import SHARES, SetsWorld, a_set, by_seed, texts

ROUNDS = int(os.environ.get("SIMULATION_ROUNDS", "200"))
ABLE = ("macro_f1", "micro_f1", "samples_f1", "weighted_f1", "accuracy")
WORSE, BETTER = SetsWorld(2.2), SetsWorld(2.8)


@pytest.mark.parametrize("name", ABLE)
def test_parts_of_texts_have_the_metric_as_their_mean_and_its_spread(name: str) -> None:
    random, metric = np.random.default_rng(0), MULTI_LABEL_METRICS[name]
    has, hard = texts(random, 500)
    predictions = LabelSetPredictions(has, WORSE.draw(random, has, hard, 1)[0], len(SHARES))
    values = influence_values(predictions, metric)
    assert values.mean() == pytest.approx(metric.of(predictions), abs=1e-6)
    weights = random.multinomial(500, np.full(500, 1 / 500), size=2000).astype(float)
    assert values.std() / np.sqrt(500) == pytest.approx(metric.drawn(predictions, weights).std(), rel=0.1)


def test_a_label_that_no_text_has_is_in_no_mean() -> None:
    random, metric = np.random.default_rng(1), MULTI_LABEL_METRICS["macro_f1"]
    has, hard = texts(random, 200)
    given = WORSE.draw(random, has, hard, 1)[0]
    has[:, 5] = 0
    predictions = LabelSetPredictions(has, given, len(SHARES))
    assert influence_values(predictions, metric).mean() == pytest.approx(metric.of(predictions), abs=1e-6)


@pytest.mark.parametrize("name", ["macro_f1", "micro_f1"])
@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_cover_the_metric_and_its_differences(name: str, seeds: int) -> None:
    """Of one seed, where seeds are alike, as such an interval says nothing of other seeds."""
    spread, metric = 0.0 if seeds == 1 else 0.15, MULTI_LABEL_METRICS[name]
    one, two = SetsWorld(2.2, spread), SetsWorld(2.8, spread)
    random, truth = np.random.default_rng(seeds), (one.expected(metric), two.expected(metric))
    covered = np.zeros(3)
    for _ in range(ROUNDS):
        has, hard = texts(random, 400)
        plain = {
            Point("one", 6, 100): by_seed(one.draw(random, has, hard, seeds), a_set(has)),
            Point("two", 6, 100): by_seed(two.draw(random, has, hard, seeds), a_set(has)),
        }
        grid = by_metric(plain, metric)
        covered[0] += mean_interval(sample_of(grid[Point("one", 6, 100)])).holds(truth[0])
        both = Verdicts(grid).of("two", "one", 6, 100)
        assert both is not None
        covered[1] += difference_interval(both.paired.sample).holds(truth[1] - truth[0])
        covered[2] += mean_interval(sample_of(plain[Point("one", 6, 100)])).holds(truth[0])
    assert min(covered[:2]) / ROUNDS > 0.91
    assert covered[2] / ROUNDS < 0.5, "all labels right is another number"


def test_a_difference_that_is_none_is_seldom_seen() -> None:
    random, found = np.random.default_rng(5), []
    for _ in range(ROUNDS):
        has, hard = texts(random, 400)
        rows = {Point(row, 6, 100): by_seed(WORSE.draw(random, has, hard, 3), a_set(has)) for row in "ab"}
        both = Verdicts(by_metric(rows, MULTI_LABEL_METRICS["macro_f1"])).of("a", "b", 6, 100)
        assert both is not None
        found.append(p_value(both.paired.sample)[0] < 0.05)
    assert np.mean(found) < 0.09


def test_what_decides() -> None:
    has, hard = texts(np.random.default_rng(0), 50)
    given = WORSE.draw(np.random.default_rng(1), has, hard, 1)
    grid = {Point("one", 6, 100): by_seed(given, a_set(has))}
    chosen = deciding("auto", grid, ["natural"])
    assert (chosen.metric.name, chosen.metric.label) == ("macro_f1", "macro F1")
    assert "each label counts alike" in chosen.reason
    assert deciding("accuracy", grid, ["natural"]).metric.label == "subset accuracy"
    assert deciding("micro_f1", grid, ["natural"]).metric.name == "micro_f1"
    assert deciding("auto", {}, [], MULTI_LABEL).metric.name == "macro_f1"
    other = deciding("balanced_accuracy", grid, ["natural"])
    assert other.metric.name == "macro_f1"
    assert "metric=balanced_accuracy is not for texts with several labels" in other.reason
    of_one = deciding("micro_f1", {}, ["nested"])
    assert of_one.metric.name == "accuracy"
    assert "metric=micro_f1 is not for texts with one label each" in of_one.reason


@pytest.mark.parametrize("name", ABLE)
def test_a_report_may_ask_for_it(name: str) -> None:
    assert deciding_name(name) == name


def test_it_may_be_asked_for_by_its_alias() -> None:
    assert deciding_name("subset_accuracy") == "accuracy"


@pytest.mark.parametrize("name", ["lrap", "average_precision", "roc_auc", "loss"])
def test_what_an_answer_cannot_go_by_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"it needs probabilities, which not every row has .*All metrics"):
        deciding_name(name)


def test_of_the_hamming_loss_the_lower_is_better() -> None:
    """Rows are compared by what is right, of which more is better everywhere."""
    random = np.random.default_rng(2)
    has, hard = texts(random, 400)
    grid = {
        Point(row, 6, 100): by_seed(world.draw(random, has, hard, 3), a_set(has))
        for row, world in (("worse", WORSE), ("better", BETTER))
    }
    chosen = deciding(deciding_name("hamming_loss"), grid, ["natural"])
    assert (chosen.metric.label, chosen.column) == ("1 - Hamming loss", "test_hamming_accuracy")
    assert "metric=hamming_loss" in chosen.reason
    compared = by_metric(grid, chosen.metric)
    for point, seeds in compared.items():
        losses = [MULTI_LABEL_METRICS["hamming_loss"].of(one.labelled) or 0.0 for one in grid[point].values()]
        assert sample_of(seeds).mean == pytest.approx(1 - np.mean(losses))
    both = Verdicts(compared).of("better", "worse", 6, 100)
    assert both is not None
    assert both.a_is_better


def test_words_of_labels() -> None:
    test_set = a_set(np.asarray([[1, 0, 1], [0, 0, 0]], dtype=np.int8))
    answers = TestPredictions(test_set, np.asarray([[1, 0, 0], [0, 1, 0]], dtype=np.int8))
    assert [answers.label(0), answers.given(0), answers.label(1)] == ["label 0, label 2", "label 0", "no label"]
    assert list(answers.correct) == [0, 0]
    assert test_set.counts.tolist() == [1, 0, 1]
