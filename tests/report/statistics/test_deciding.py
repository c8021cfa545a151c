"""Which metric the answer goes by, and that tests and intervals of it hold what they promise."""

import os
import re
from typing import Any

import numpy as np
import pytest

from bench.metrics.deciding import deciding_name
from bench.metrics.labelled import LabelledPredictions
from bench.metrics.table import METRICS
from bench.report.inputs.prediction_store import test_set_digest as digest_of
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.statistics.bootstrap import Draws, Statistic, metric_interval
from bench.report.statistics.correctness import Grid, TestPredictions, TestSet, sample_of
from bench.report.statistics.deciding import by_metric, deciding, influence_values
from bench.report.statistics.intervals import difference_interval, mean_interval, wilson_limits
from bench.report.statistics.paired import p_value
from bench.report.statistics.points import Point
from bench.report.statistics.significance import Verdicts
from tests.report import simulate, simulate_training
from tests.support.cli import call

ROUNDS = int(os.environ.get("SIMULATION_ROUNDS", "300"))
ABLE = [name for name in METRICS if name in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1")]


def drawn(random: np.random.Generator, size: int, recalls: tuple[float, ...], shares: tuple[float, ...]) -> Any:
    """True labels, and predictions that find each label with its own probability."""
    true = random.choice(len(shares), size=size, p=shares)
    wrong = (true + random.integers(1, len(shares), size)) % len(shares)
    return true, np.where(random.random(size) < np.asarray(recalls)[true], true, wrong)


@pytest.mark.parametrize("name", ABLE)
def test_parts_of_examples_have_the_metric_as_their_mean_and_its_spread(name: str) -> None:
    random, metric = np.random.default_rng(0), METRICS[name]
    true, predicted = drawn(random, 400, (0.95, 0.6, 0.7), (0.8, 0.12, 0.08))
    predictions = LabelledPredictions(true, predicted, 3)
    values = influence_values(predictions, metric)
    assert values.mean() == pytest.approx(metric.of(predictions), abs=1e-6)
    if name == "accuracy":
        np.testing.assert_allclose(values, predictions.correct, atol=1e-6)
    weights = random.multinomial(400, np.full(400, 1 / 400), size=2000).astype(float)
    assert values.std() / 20 == pytest.approx(metric.drawn(predictions, weights).std(), rel=0.1)


def a_set(labels: np.ndarray, name: str) -> TestSet:
    ids, names = tuple(f"{name}{number}" for number in range(len(labels))), ("ham", "spam")
    codes = labels.astype(np.int16)
    return TestSet(digest_of(ids, codes, names), ids, codes, names)


def a_grid(random: np.random.Generator, spams: tuple[float, ...], seeds: int, size: int = 300) -> Grid:
    """Rows that find this part of the spam, one message in ten, and nearly all ham."""
    true, _ = drawn(random, size, (1, 1), (0.9, 0.1))
    test_set, hard = a_set(true, "t"), random.random(size)
    grid: dict[Point, dict[int, TestPredictions]] = {}
    for row, recall in enumerate(spams):
        for seed in range(seeds):
            # half of what makes an example hard is the same for all
            luck = np.where(random.random(size) < 0.5, hard, random.random(size))
            right = luck < np.where(true == 1, recall, 0.97)
            predicted = np.where(right, true, 1 - true).astype(np.int16)
            grid.setdefault(Point(f"row {row}", 2, 100), {})[seed] = TestPredictions(test_set, predicted)
    return grid


def truth(recall: float) -> float:
    """Macro F1 of many messages."""
    true, predicted = drawn(np.random.default_rng(9), 400_000, (0.97, recall), (0.9, 0.1))
    return METRICS["macro_f1"].of(LabelledPredictions(true, predicted, 2)) or 0.0


@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_of_macro_f1_cover_it_and_its_differences(seeds: int) -> None:
    """Right and wrong answers, taken for it, do not: macro F1 is another number."""
    random, expected = np.random.default_rng(seeds), (truth(0.6), truth(0.8))
    covered = np.zeros(3)
    for _ in range(ROUNDS):
        answers = a_grid(random, (0.6, 0.8), seeds)
        rows = list(by_metric(answers, METRICS["macro_f1"]).values())
        of_rows = [sample_of(row) for row in rows]
        covered[0] += mean_interval(of_rows[0]).holds(expected[0])
        both = Verdicts(by_metric(answers, METRICS["macro_f1"])).of("row 1", "row 0", 2, 100)
        assert both is not None
        covered[1] += difference_interval(both.paired.sample).holds(expected[1] - expected[0])
        covered[2] += mean_interval(sample_of(next(iter(answers.values())))).holds(expected[0])
    assert min(covered[:2]) / ROUNDS > 0.9
    assert covered[2] / ROUNDS < 0.5


@pytest.mark.parametrize(("spam", "seeds"), [(4, 1), (4, 3), (12, 3)])
def test_few_rare_examples_that_are_all_right_leave_room(spam: int, seeds: int) -> None:
    """As much as what would be seen in one of twenty test sets: a recall whose chance of no miss is 5 %."""
    ham, metric = 36, METRICS["macro_f1"]
    test_set = a_set(np.asarray([0] * ham + [1] * spam), "t")
    by_seed = {seed: TestPredictions(test_set, test_set.labels) for seed in range(seeds)}
    (grid,) = by_metric({Point("row", 2, 32): by_seed}, metric).values()
    recall = 0.05 ** (1 / spam)
    often = np.asarray([[ham, spam * recall, spam * (1 - recall)]])
    possible = metric.drawn(LabelledPredictions(np.asarray([0, 1, 1]), np.asarray([0, 1, 0]), 2), often)[0]
    drawn_interval = metric_interval(by_seed, Statistic(metric), Draws())
    for interval in (mean_interval(sample_of(grid)), drawn_interval):
        assert interval.low < possible < interval.high == 1
        assert interval.low > possible - 0.1
    accuracy = mean_interval(sample_of(by_seed))
    assert accuracy.low == pytest.approx(wilson_limits(1, ham + spam, 0.95)[0])


def test_a_difference_that_is_none_is_seldom_seen() -> None:
    random, found = np.random.default_rng(5), []
    for _ in range(ROUNDS):
        both = Verdicts(by_metric(a_grid(random, (0.7, 0.7), 3), METRICS["macro_f1"])).of("row 0", "row 1", 2, 100)
        assert both is not None
        found.append(p_value(both.paired.sample)[0] < 0.05)
    assert np.mean(found) < 0.09


def test_auto_is_macro_f1_where_natural_test_labels_are_unequal() -> None:
    answers = a_grid(np.random.default_rng(0), (0.6,), 1)
    chosen = deciding("auto", answers, ["natural", "natural"])
    assert (chosen.metric.name, chosen.column) == ("macro_f1", "test_macro_f1")
    assert re.search(r"unequal \(2\d\d ham, \d\d spam\)", chosen.reason)
    assert deciding("auto", answers, ["nested"]).metric.name == "accuracy"
    assert deciding("accuracy", answers, ["natural"]).metric.name == "accuracy"
    assert deciding("auto", {}, ["natural"]).metric.name == "accuracy"


@pytest.mark.parametrize("name", list(METRICS))
def test_what_an_answer_cannot_go_by_is_refused_with_the_reason(name: str) -> None:
    if name in ABLE:
        assert deciding_name(name) == name
        return
    with pytest.raises(ValueError, match=r"probabilities|from 0 to 1.*there are auto, accuracy"):
        deciding_name(name)


def test_the_command_refuses_it_in_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert call("model=tfidf_sgd", "metric=roc_auc") == 2
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert "metric=roc_auc: it needs probabilities" in line


@pytest.mark.parametrize(("asked", "label"), [("auto", "macro F1"), ("accuracy", "accuracy")])
def test_the_page_says_what_decides_and_why(
    asked: str, label: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = simulate_training.identity
    natural = {"task": {"split": {"name": "natural"}}}
    monkeypatch.setattr(simulate_training, "identity", lambda *given: {**of(*given), **natural})
    cells = simulate.grid(tmp_path / "r", [("minilm", "lora"), ("tfidf_sgd", None)], num_labels=(2,))
    simulate.run(cells, labels=["ham", "spam"], unequal=True)
    text = write_report(cells, tmp_path / "report", ReportOptions("T", metric=asked)).with_name("index.md").read_text()
    answer = text[text.index("The answer") :][:600]
    assert f"Rows are compared by {label}, " in answer
    assert ("150 ham, 50 spam" in answer) == (asked == "auto")
    assert f"has the highest {label}: " in text
    assert f"difference in {label}" in text
