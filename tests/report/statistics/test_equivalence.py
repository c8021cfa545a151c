import os

import numpy as np
import pytest

from bench.report.statistics.bootstrap import Draws
from bench.report.statistics.equivalence import MORE, Equivalence, NotComparable, equivalence
from tests.report.statistics.answers import at_accuracy, by_seed, exactly, example_set, grid_of

ROUNDS = int(os.environ.get("SIMULATION_ROUNDS", "80"))
SIZES = (32, 128, 512, 2048)


def rows_of(tfidf, lora=(0.8, 0.8)):
    rows = {("tfidf", 2, size): exactly([share, share]) for size, share in zip(SIZES, tfidf, strict=True)}
    return grid_of(rows | {("lora", 2, 64): exactly(lora)})


def between(grid, train_size=64, row="lora"):
    return equivalence(grid, row, train_size, "tfidf", num_labels=2, draws=Draws(300))


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


def test_coverage():
    random = np.random.default_rng(11)
    held, draws, examples = [], Draws(300), example_set(400)
    worlds = [at_accuracy(share, 0.15, 1.5, 0.7) for share in (0.6, 0.7, 0.8, 0.9)]
    one = at_accuracy(0.75, 0.15, 1.5, 0.7)
    for _ in range(ROUNDS):
        hard = random.standard_normal(400)
        rows = {
            ("tfidf", 2, size): by_seed(world.draw(random, 3, hard), examples)
            for size, world in zip(SIZES, worlds, strict=True)
        }
        rows["lora", 2, 64] = by_seed(one.draw(random, 3, 0.8 * hard + 0.6 * random.standard_normal(400)), examples)
        found = equivalence(grid_of(rows), "lora", 64, "tfidf", num_labels=2, draws=draws)
        assert isinstance(found, Equivalence)
        held.append(found.low <= 256 <= found.high)
    assert 0.88 <= np.mean(held) <= 1.0, np.mean(held)
