import numpy as np
import pytest

from bench.report.statistics.bootstrap import Draws
from bench.report.statistics.decision import budgets, cheapest_within, crossing
from bench.report.statistics.interval_frames import difference_frame, interval_frame
from bench.report.statistics.intervals import crossed
from bench.report.statistics.paired import p_value
from bench.report.statistics.power import power_of, seeds_needed
from bench.report.statistics.ties import standing
from bench.report.statistics.variance import Components
from tests.report.statistics.answers import exactly, grid_of
from tests.report.statistics.simulations import Setting, power_reached

COSTS = {("lora", 2, 32): 60.0, ("probe", 2, 32): 5.0, ("tfidf", 2, 32): 0.1}


def small_grid(**shares):
    return grid_of({(row, 2, 32): exactly(seeds) for row, seeds in shares.items()})


def test_the_best_row_its_ties_and_the_cheapest_within_a_point():
    grid = small_grid(lora=[0.9, 0.92, 0.91], probe=[0.9, 0.91, 0.905], tfidf=[0.6, 0.62, 0.61])
    (found,) = budgets(grid, COSTS)
    assert found.standing.best == "lora"
    assert [contender.row for contender in found.standing.tied] == ["probe"]
    assert not found.standing.is_significant
    assert (found.cheapest.row, found.cheapest.seconds, found.cheapest.seconds_of_best) == ("probe", 5.0, 60.0)
    assert found.cheapest.behind.against_best.difference.estimate == pytest.approx(0.005)
    assert found.nearest == "probe"
    assert found.needed.difference == pytest.approx(0.01)  # not the half point that was seen: a point is what matters


def test_a_clear_winner_is_decided():
    grid = small_grid(lora=[0.9, 0.92, 0.91], tfidf=[0.6, 0.62, 0.61])
    (found,) = budgets(grid, COSTS)
    assert found.standing.is_significant
    assert found.needed is None
    assert found.cheapest.row == "lora"


def test_a_lucky_single_seed_can_not_win():
    grid = small_grid(lora=[0.9, 0.92, 0.88], lucky=[0.99])
    found = standing(grid, 2, 32)
    assert found.best == "lora"
    assert found.fewer_seeds == {"lucky": 1}
    (lucky,) = found.others
    assert lucky.ahead
    assert lucky.tied
    assert lucky.against_best.seeds == (0,)
    assert not found.is_significant


def test_an_untrained_row_takes_part_at_every_size():
    grid = grid_of({("lora", 2, 32): exactly([0.6, 0.62]), ("zero", 2, 0): exactly([0.8])})
    found = standing(grid, 2, 32)
    assert found.best == "zero"
    assert found.fewer_seeds == {}
    assert cheapest_within(found, {("zero", 2, 0): 0.0}).row == "zero"
    assert cheapest_within(found, {}) is None


def test_no_answers_no_standing():
    assert standing({}, 2, 32) is None
    assert budgets({}, {}) == []


def curve_grid(lora, tfidf):
    sizes = (32, 64, 128)
    rows = {("lora", 2, size): exactly(seeds) for size, seeds in zip(sizes, lora, strict=True) if seeds}
    return grid_of(rows | {("tfidf", 2, size): exactly(seeds) for size, seeds in zip(sizes, tfidf, strict=True)})


LOW, HIGH = [0.60, 0.62, 0.61], [0.90, 0.91, 0.92]


@pytest.mark.parametrize(
    ("lora", "verdict", "since"),
    [
        ([LOW, HIGH, HIGH], "from_size", 64),
        ([HIGH, HIGH, HIGH], "always", 32),
        ([LOW, LOW, LOW], "never", None),
        ([HIGH, HIGH, LOW], "unclear", None),
        ([None, None, None], "not_compared", None),
        ([None, HIGH, HIGH], "always", 64),
    ],
)
def test_from_which_size_a_row_beats_another(lora, verdict, since):
    found = crossing(curve_grid(lora, [LOW] * 3), "lora", "tfidf", 2)
    assert (found.verdict, found.size) == (verdict, since)
    assert found.left_out == tuple(size for size, seeds in zip((32, 64, 128), lora, strict=True) if not seeds)
    if since:
        assert found.at[since].difference.estimate == pytest.approx(0.3)
    assert not found.is_ever_worse


def test_an_untrained_opponent_is_met_at_every_size():
    grid = grid_of({("lora", 2, size): exactly(HIGH) for size in (32, 64)} | {("zero", 2, 0): exactly([0.5])})
    found = crossing(grid, "lora", "zero", 2)
    assert (found.verdict, sorted(found.at)) == ("always", [32, 64])
    assert crossing(grid, "zero", "lora", 2).is_ever_worse


def test_power_is_what_simulation_gives():
    parts, seeds, size = Components(seeds=0.0006, examples=0.1, rest=0.15), 5, 400
    random, hits = np.random.default_rng(0), []
    for _ in range(1000):
        matrix = 0.05 + np.sqrt(parts.seeds) * random.standard_normal((seeds, 1))
        matrix = matrix + np.sqrt(parts.examples) * random.standard_normal(size)
        matrix = matrix + np.sqrt(parts.rest) * random.standard_normal((seeds, size))
        hits.append(p_value(crossed(matrix))[0] < 0.05)
    assert power_of(0.05, parts, seeds, size, 0.05) == pytest.approx(np.mean(hits), abs=0.03)


def test_seeds_that_are_needed():
    random = np.random.default_rng(1)
    wide = 0.04 + 0.05 * random.standard_normal((4, 1)) + 0.1 * random.standard_normal((4, 500))
    found = seeds_needed(crossed(wide), smallest=0.01, alpha=0.05)
    assert 4 < found.seeds < 50
    assert found.examples is None
    stricter = seeds_needed(crossed(wide), smallest=0.01, alpha=0.05 / 6)
    assert stricter.seeds > found.seeds


def test_where_seeds_can_not_decide_the_test_set_is_too_small():
    same = np.tile(np.random.default_rng(2).choice([-1.0, 0, 0, 1], 300), (3, 1))
    same[0, 0] += 1  # else there is nothing to estimate
    found = seeds_needed(crossed(same), smallest=0.01, alpha=0.05)
    assert found.seeds is None
    assert found.examples > 300
    assert found.reason == "more than 50 seeds"


@pytest.mark.parametrize(("seeds", "said"), [(1, "one seed"), (2, "two seeds")])
def test_one_seed_says_nothing_of_seeds_and_two_say_too_little(seeds, said):
    found = seeds_needed(crossed(np.random.default_rng(0).standard_normal((seeds, 50))), 0.01, 0.05)
    assert found.seeds is None
    assert said in found.reason


def test_the_seeds_that_are_named_have_the_power_that_is_promised():
    found = {seeds: power_reached(Setting(seeds, 1000), 60) for seeds in (3, 5)}
    assert np.mean([shares["power"] for shares in found.values()]) > 0.79, found  # 0.73 from the variance as it is
    calm = power_reached(Setting(3, 1000, noisy=False), 60)
    assert calm["power"] > 0.8
    assert calm["named"] > 0.9


def test_frames_of_every_point():
    grid = grid_of(
        {
            ("lora", 2, 32): exactly([0.8, 0.82, 0.81]),
            ("tfidf", 2, 32): exactly([0.6, 0.62]),
            ("zero", 2, 0): exactly([0.7]),
        }
    )
    for metric in ("test_accuracy", "test_macro_f1"):
        found = interval_frame(grid, metric, Draws(100)).set_index("row")
        assert ((found["low"] <= found["estimate"]) & (found["estimate"] <= found["high"])).all()
        assert list(found["num_seeds"]) == [3, 2, 1]
        apart = difference_frame(grid, "tfidf", metric, Draws(100)).set_index("row")
        assert apart.loc["lora", "seeds_left_out"] == "seed 2 of lora"
        assert apart.loc["lora", "difference"] == pytest.approx(0.2, abs=0.01)
        assert bool(apart.loc["zero", "stands_for_all"])
    assert difference_frame(grid, "tfidf", "test_accuracy", Draws(10))["is_significant"].all()
