"""One verdict a point, and the mean of a row's points: on answers whose truth is known."""

import os
from dataclasses import replace

import numpy as np
import pytest

from bench.report.statistics.changes import (
    PointChange,
    Side,
    common_part,
    corrected,
    paired_change,
    row_changes,
    row_sample,
)
from bench.report.statistics.correctness import TestPredictions, TestSet
from bench.report.statistics.intervals import Sample, difference_interval
from bench.report.statistics.paired import holm_p
from bench.report.statistics.points import Point
from tests.report.statistics.answers import World, at_accuracy, by_seed, exactly, example_set

ROUNDS = int(os.environ.get("SIMULATION_ROUNDS", "150"))
OK = Side({0: "ok", 1: "ok", 2: "ok"}, 0.5)


def change(before, after, *, row="r", labels=2, size=32, sides=(OK, OK)) -> PointChange:
    """A point of these answers, by seed."""
    return paired_change(PointChange("d", Point(row, labels, size), *sides), before, after)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([0.6, 0.62, 0.58], [0.8, 0.82, 0.78], "better"),
        ([0.8, 0.82, 0.78], [0.6, 0.62, 0.58], "worse"),
        ([0.8, 0.82, 0.78], [0.79, 0.82, 0.79], "unchanged"),
        ([0.8], [0.6], "one_seed"),
        ([0.8], [0.79], "unchanged"),
    ],
)
def test_the_verdict_of_a_point(before, after, verdict):
    (one,) = corrected([change(exactly(before), exactly(after))])
    assert one.verdict == verdict
    assert one.scores == pytest.approx((np.mean(before), np.mean(after)))
    assert one.comparison.difference.estimate == pytest.approx(np.mean(after) - np.mean(before))
    assert not one.is_identical


def test_one_seed_decides_where_nothing_is_learnt():
    (one,) = corrected([change(exactly([0.8]), exactly([0.6]), size=0)])
    assert one.verdict == "worse"


def test_the_same_answers_are_said():
    (one,) = corrected([change(exactly([0.8, 0.7]), exactly([0.8, 0.7]))])
    assert (one.verdict, one.is_identical, one.comparison.p) == ("unchanged", True, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (None, OK, "only_after"),
        (OK, None, "only_before"),
        (OK, Side({0: "oom"}), "failed_now"),
        (Side({0: "oom"}), OK, "ok_now"),
        (Side({0: "oom"}), Side({0: "error"}), "no_result"),
        (OK, OK, "not_compared"),
    ],
)
def test_points_without_a_comparison(before, after, verdict):
    assert PointChange("d", Point("r", 2, 32), before, after).verdict == verdict


def test_seeds_that_were_lost_are_counted():
    one = PointChange("d", Point("r", 2, 32), OK, Side({0: "ok", 1: "oom"}))
    assert one.lost_seeds == 2


def test_p_is_corrected_for_all_points():
    """Of one seed each, where nothing is pooled."""
    alone = change(exactly([0.7]), exactly([0.67]))
    (once,) = corrected([alone])
    many = corrected([alone, *(change(exactly([0.7]), exactly([0.69])) for _ in range(50))])
    assert once.comparison.adjusted_p == once.comparison.p == many[0].comparison.p
    assert many[0].comparison.adjusted_p == pytest.approx(min(51 * once.comparison.p, 1))


def false_claims(worlds: list[World], points: int, seeds: int, rounds: int) -> dict[str, float]:
    """How many pages name a point though nothing changed but the seeds' noise; `worlds` are the rows'."""
    random, test_set = np.random.default_rng(seeds), example_set(200)
    named = {"pooled": 0, "own": 0}
    for _ in range(rounds):
        hard = random.standard_normal(200)
        drawn = [
            change(*(by_seed(world.draw(random, seeds, hard), test_set) for _ in range(2)), row=f"{row}", size=2**size)
            for row, world in enumerate(worlds)
            for size in range(points)
        ]
        named["pooled"] += any(one.is_changed for one in corrected(drawn))
        named["own"] += bool((holm_p([one.comparison.p for one in drawn]) < 0.05).any())
    return {name: count / rounds for name, count in named.items()}


MIDDLE, QUIET = at_accuracy(0.8, 0.3, 1.5, 0.7), at_accuracy(0.8, 0.05, 1.5, 0.2)


@pytest.mark.parametrize("seeds", [2, 3])
@pytest.mark.parametrize(
    ("worlds", "points"), [([MIDDLE] * 12, 4), ([MIDDLE] * 12, 1), ([MIDDLE, QUIET] * 6, 2)], ids=["4", "1", "unlike"]
)
def test_pages_on_which_nothing_changed_seldom_name_a_point(worlds, points, seeds):
    assert false_claims(worlds, points, seeds, ROUNDS // 2)["pooled"] <= 0.11


def test_by_their_own_seeds_alone_many_pages_would():
    assert false_claims([MIDDLE] * 12, 4, 2, ROUNDS // 4)["own"] > 0.15


def test_a_point_whose_own_seeds_disagree_is_not_named_for_its_rows_sake():
    quiet = [change(exactly([0.8] * 3), exactly([0.795, 0.8, 0.805]), size=2**size) for size in range(5)]
    found = corrected([*quiet, change(exactly([0.8] * 3), exactly([0.5, 0.8, 0.5]), size=64)])
    assert {one.verdict for one in found} == {"unchanged"}


def test_a_change_of_one_row_is_seen_beside_noisy_ones():
    """12 points of accuracy less at all 4 points of a quiet row, on 200 examples and 3 seeds."""
    random, test_set, worse = np.random.default_rng(0), example_set(200), at_accuracy(0.68, 0.05, 1.5, 0.2)
    seen = []
    for _ in range(20):
        hard = random.standard_normal(200)
        drawn = [
            change(
                by_seed(QUIET.draw(random, 3, hard) if row == 0 else MIDDLE.draw(random, 3, hard), test_set),
                by_seed(worse.draw(random, 3, hard) if row == 0 else MIDDLE.draw(random, 3, hard), test_set),
                row=f"{row}",
                size=2**size,
            )
            for row in range(6)
            for size in range(4)
        ]
        seen.append(sum(one.is_changed for one in corrected(drawn) if one.point.row == "0"))
    assert np.mean(seen) > 3


def test_a_row_is_the_mean_of_its_points():
    points = [
        change(exactly([0.8, 0.8]), exactly([0.7, 0.7])),
        change(exactly([0.6, 0.6], size=100, name="u"), exactly([0.55, 0.55], size=100, name="u"), labels=5),
    ]
    (row,) = row_changes(corrected(points))
    assert row.mean.estimate == pytest.approx(-0.075)
    assert row.mean.low < -0.075 < row.mean.high


def test_a_row_without_a_common_seed_has_no_mean():
    right = np.ones((1, 50))
    points = [
        change(by_seed(right, example_set(50), [seed]), by_seed(right, example_set(50), [seed])) for seed in (0, 1)
    ]
    assert row_changes(points)[0].mean is None


def drawn(random, seeds=3, examples=120, points=4) -> list[PointChange]:
    """Points on the same test examples, of which a fifth, drawn anew, went wrong at all of them: 16 % less."""
    test_set = example_set(examples)
    hit = random.random(examples) < 0.2
    found = []
    for number in range(points):
        before = random.random((seeds, examples)) < 0.8
        after = before & ~(hit & (random.random((seeds, examples)) < 0.95))
        found.append(change(by_seed(before, test_set), by_seed(after, test_set), size=32 * 2**number))
    return found


def naive(points: list[PointChange]) -> Sample:
    """As if every point had test examples of its own."""
    pairs = [one.comparison.paired for one in points]
    values = [np.concatenate([each.a[seed].values - each.b[seed].values for each in pairs]) for seed in pairs[0].seeds]
    return Sample(tuple(values), crossed=True, counted=False)


def test_a_rows_interval_covers_the_truth_where_points_share_their_test_examples():
    random, truth = np.random.default_rng(5), -0.2 * 0.95 * 0.8
    held = {"row": 0, "naive": 0}
    for _ in range(ROUNDS):
        points = drawn(random)
        for name, sample in (("row", row_sample(points)), ("naive", naive(points))):
            held[name] += difference_interval(sample).holds(truth)
    assert held["row"] >= 0.91 * ROUNDS
    assert held["naive"] < 0.85 * ROUNDS


def test_points_that_share_some_examples():
    """The mean counts points alike, whatever their test sets have in common."""
    one, other = example_set(100), replace(example_set(40), digest="other")
    random = np.random.default_rng(3)
    answers = [random.random((2, size)) < 0.7 for size in (100, 100, 40, 40)]
    points = [
        change(by_seed(answers[0], one), by_seed(answers[1], one)),
        change(by_seed(answers[2], other), by_seed(answers[3], other), labels=5),
    ]
    expected = np.mean([one.comparison.difference.estimate for one in points])
    sample = row_sample(points)
    assert sample.mean == pytest.approx(expected)
    assert sample.num_examples == 100


def test_answers_of_other_label_names_keep_their_meaning():
    """Examples are the same by id and true label; what was answered is the same label, or still none."""
    one = TestPredictions(TestSet("1", ("a", "b"), np.array([0, 1]), ("x", "y")), np.array([1, -1]))
    other = TestPredictions(TestSet("2", ("b", "a"), np.array([2, 1]), ("w", "x", "y")), np.array([0, 2]))
    was, now = common_part(one, other)
    assert was.test_set is now.test_set
    assert [was.given(place) for place in (0, 1)] == ["y", "no answer"]
    assert [now.given(place) for place in (0, 1)] == ["y", "w"]
