import os

import numpy as np
import pytest

from bench.report.statistics.equivalence import MORE, NotComparable, equivalence
from bench.report.statistics.intervals import crossed, difference_interval
from tests.report.statistics.answers import exactly, grid_of
from tests.report.statistics.simulations import Setting, equivalence_coverage

ROUNDS = int(os.environ.get("SIMULATION_ROUNDS", "80"))
SIZES = (32, 128, 512, 2048)


def rows_of(tfidf, lora=(0.8, 0.8)):
    rows = {("tfidf", 2, size): exactly([share, share]) for size, share in zip(SIZES, tfidf, strict=True)}
    return grid_of(rows | {("lora", 2, 64): exactly(lora)})


def between(grid, train_size=64, row="lora"):
    return equivalence(grid, row, train_size, "tfidf", num_labels=2)


def test_the_size_is_linear_in_its_logarithm():
    found = between(rows_of((0.5, 0.7, 0.9, 0.95)))
    assert found.estimate == pytest.approx(256)  # half way between 128 and 512
    assert found.low < 256 < found.high
    assert (found.smallest, found.largest, found.seeds) == (32, 2048, (0, 1))


def test_beyond_the_sizes_tried_nothing_is_made_up():
    more = between(rows_of((0.5, 0.6, 0.65, 0.7)))
    assert (more.estimate, more.high) == (MORE, MORE)
    assert more.is_open
    fewer = between(rows_of((0.9, 0.91, 0.92, 0.93)))
    assert (fewer.estimate, fewer.low) == (32, 32)


def test_a_dip_is_levelled():
    found = between(rows_of((0.5, 0.82, 0.78, 0.95)))
    assert found.estimate == pytest.approx(128)  # the two are taken together, 0.8 each


def test_what_can_not_be_compared_says_why():
    grid = rows_of((0.5, 0.6, 0.7, 0.8))
    assert "lora has no answers there" in between(grid, train_size=99).reason
    few = grid_of({("tfidf", 2, 32): exactly([0.5]), ("lora", 2, 64): exactly([0.8])})
    assert "tfidf has only 1 of the 3 training sizes" in between(few).reason
    apart = grid | grid_of({("lora", 2, 64): exactly([0.8, 0.8], name="other")})
    assert "no seed with the same test examples" in between(apart).reason
    assert isinstance(between(apart), NotComparable)


def test_an_untrained_row_has_an_equivalent_too():
    grid = rows_of((0.5, 0.7, 0.9, 0.95)) | grid_of({("zero", 2, 0): exactly([0.8])})
    found = between(grid, train_size=0, row="zero")
    assert found.estimate == pytest.approx(256)
    assert found.seeds == (0, 1)


def test_a_point_that_is_told_from_all_sizes_is_beyond_them_all():
    beyond = between(rows_of((0.2, 0.25, 0.3, 0.35), lora=(0.95, 0.94)))
    assert (beyond.low, beyond.estimate, beyond.high) == (MORE, MORE, MORE)
    before = between(rows_of((0.9, 0.91, 0.92, 0.93), lora=(0.3, 0.31)))
    assert (before.low, before.estimate, before.high) == (32, 32, 32)


def test_an_end_is_where_the_paired_difference_is_told_from_zero():
    grid = rows_of((0.5, 0.7, 0.9, 0.95))
    found = between(grid)
    part = np.log(found.high / 128) / np.log(4)
    rows = [grid["tfidf", 2, size][0].correct for size in (128, 512)]
    gap = (1 - part) * rows[0] + part * rows[1] - grid["lora", 2, 64][0].correct
    interval = difference_interval(crossed(np.stack([gap, gap])))
    assert interval.low == pytest.approx(0, abs=0.002)


FEW = [Setting(seeds, 300, noisy=True, firm=True) for seeds in (2, 3)]
"""Where seeds and examples that are drawn again cover 78 to 86 %."""


def test_few_noisy_seeds_are_covered():
    found = {str(setting): equivalence_coverage(setting, ROUNDS)["equivalence"] for setting in FEW}
    assert np.mean(list(found.values())) >= 0.92, found
