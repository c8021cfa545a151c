"""Labels of which all is right, or nothing, have no variance of their own, and yet may have been seen otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from bench.metrics.table import MULTI_LABEL_METRICS
from bench.report.statistics.correctness import TestPredictions, sample_of
from bench.report.statistics.deciding import by_metric
from bench.report.statistics.edges import JEFFREYS, Edges, of_all_seeds
from bench.report.statistics.intervals import Sample, mean_interval
from bench.report.statistics.points import Point
from bench.report.statistics.variance import mean_squares
from tests.report.statistics.label_sets import a_set

LEVEL = 0.95
ONE = Edges(bias=0.0, all_right={0: 4.0}, none_right={1: 4.0}, usual=0.7, num_labels=4, is_f1=False)


def test_of_a_label_of_which_nothing_is_right_as_much_is_thought_as_of_the_others() -> None:
    below, above = ONE.room(LEVEL)
    assert above == pytest.approx(below)  # both by Jeffreys' half
    assert replace(ONE, usual=JEFFREYS).room(LEVEL) == (below, above)
    rooms = [replace(ONE, usual=usual).room(LEVEL) for usual in (0.4, 0.3, 0.2, 0.1, 0.0)]
    assert [one[0] for one in rooms] == [below] * 5  # of one of which all is right it stays
    found = [above, *(one[1] for one in rooms)]
    assert found[:5] == sorted(set(found), reverse=True)
    assert found[4] == found[5] > 0  # never less than is likely anyway


def test_more_examples_leave_less_room() -> None:
    few, many = (replace(ONE, all_right={0: n}, none_right={1: n}).room(LEVEL) for n in (2.0, 20.0))
    assert many[0] < few[0]
    assert many[1] < few[1]


def test_a_label_that_is_at_an_end_in_one_seed_alone_needs_no_room() -> None:
    other = replace(ONE, all_right={0: 4.0, 2: 9.0}, none_right={3: 2.0}, hidden=0.3)
    first, second = of_all_seeds([ONE, other], worth=1.5)
    assert (first.all_right, first.none_right, first.hidden) == ({0: 6.0}, {}, 0.0)
    assert (second.all_right, second.none_right, second.hidden) == ({0: 6.0}, {}, pytest.approx(0.2))


@pytest.mark.parametrize(("shared", "worth"), [(1.0, 1.0), (0.0, 3.0), (0.25, 3 / (1 + 2 * 0.25))])
def test_seeds_are_worth_as_many_test_sets_as_they_are_unlike(shared: float, worth: float) -> None:
    random = np.random.default_rng(1)
    same, own = random.standard_normal(50_000), random.standard_normal((3, 50_000))
    squares = mean_squares(np.sqrt(shared) * same + np.sqrt(1 - shared) * own)
    assert squares.worth_sets == pytest.approx(worth, rel=0.02)


def _sample(missed: list[list[int]]) -> Sample:
    """Of macro F1: 40 texts with the one label and four with the other, some of which are missed, a list a seed."""
    true = np.asarray([[1, 0]] * 40 + [[1, 1]] * 4, dtype=np.int8)
    test_set, seeds = a_set(true), {}
    for seed, places in enumerate(missed):
        given = true.copy()
        given[[40 + place for place in places], 1] = 0
        seeds[seed] = TestPredictions(test_set, given)
    (found,) = by_metric({Point("row", 2, 32): seeds}, MULTI_LABEL_METRICS["macro_f1"]).values()
    return sample_of(found)


def test_three_seeds_that_answer_alike_are_as_one() -> None:
    one, three = (mean_interval(_sample([[]] * seeds)) for seeds in (1, 3))
    assert (three.low, three.high) == (pytest.approx(one.low, abs=1e-6), 1)


def test_a_rare_label_has_room_until_a_seed_misses_some_of_it() -> None:
    for missed, has_room in (([[], [], []], True), ([[], [0], [0, 1]], False), ([[0], [0], [0, 1]], False)):
        sample = _sample(missed)
        assert all(1 not in edges.all_right for edges in sample.edges) == bool(missed[0])
        # the frequent label is right everywhere, of so many texts that it hardly matters
        shut = replace(sample, edges=tuple(replace(edges, all_right={0: 40.0}) for edges in sample.edges))
        without = mean_interval(shut)
        assert (mean_interval(sample).low < without.low - 0.05) == has_room
