"""Races at one point: who is dropped when, and that it is a matter of the answers alone."""

import numpy as np
import pytest

from bench.report.asked import Rules
from bench.report.statistics.race import Race, race
from tests.report.statistics.answers import at_accuracy, by_seed, example_set
from tests.report.statistics.races import Study, simulated_race

EXAMPLES = example_set(400)
TEN = Rules()


def rows_of(accuracies, seeds=10, noise=0.1, size=400, entropy=1):
    """Rows whose answers have these expected accuracies, on the same examples."""
    random = np.random.default_rng(entropy)
    hard = random.standard_normal(size)
    examples = example_set(size)
    return {
        f"row {number}": by_seed(at_accuracy(accuracy, noise, 1.2, 0.5).draw(random, seeds, hard), examples)
        for number, accuracy in enumerate(accuracies)
    }


def cut(rows, seeds):
    """What there is after so many seeds, row by row."""
    return {row: {seed: one for seed, one in found.items() if seed < seeds[row]} for row, found in rows.items()}


def played(rows, rules=TEN, **options) -> tuple[Race, dict[str, int]]:
    """A race as it is run: each round every row that is still in it gets the next seed; and the seeds that it took."""
    have = dict.fromkeys(rows, 0)
    while True:
        now = race(cut(rows, have), rules, **options)
        running = now.running
        if not running:
            return now, have
        count = max(now.seeds + 1, 2)
        assert any(have[row] < count for row in running)
        have |= {row: max(count, have[row]) for row in running if row not in options.get("untrained", ())}
        have |= {row: 1 for row in options.get("untrained", ())}


def test_clear_rows_are_dropped_after_two_seeds_and_the_best_is_named():
    found, took = played(rows_of([0.9, 0.6, 0.55, 0.5]))
    assert found.rows("best") == ("row 0",)
    assert {row: fate.state for row, fate in found.fates.items() if row != "row 0"} == dict.fromkeys(
        took.keys() - {"row 0"}, "behind"
    )
    assert took == dict.fromkeys(took, 2)
    held = found.fates["row 3"].held
    assert held.test.a == "row 0"
    assert held.test.difference == pytest.approx(0.4, abs=0.08)
    assert held.p < 0.001
    assert found.is_answered


def test_one_seed_decides_nothing():
    found = race(cut(rows_of([0.9, 0.5]), {"row 0": 1, "row 1": 1}), TEN)
    assert found.reference is None
    assert found.running == ("row 0", "row 1")
    assert {fate.state for fate in found.fates.values()} == {"waiting"}


def test_a_look_waits_for_every_row_still_in_the_race():
    rows = rows_of([0.8, 0.79, 0.5])
    found = race(cut(rows, {"row 0": 3, "row 1": 3, "row 2": 2}), TEN)
    assert found.seeds == 3  # row 2 was dropped at the look before
    assert race(cut(rows, {"row 0": 3, "row 1": 2, "row 2": 2}), TEN).seeds == 2


def test_records_of_a_whole_grid_say_what_the_race_would_have_said():
    for entropy in range(5):
        rows = rows_of([0.8, 0.77, 0.74, 0.7, 0.6], noise=0.2, entropy=entropy)
        found, _ = played(rows)
        whole = race(rows, TEN)
        assert whole.fates == found.fates
        assert whole.adjusted == found.adjusted


def test_equal_rows_are_left_when_seeds_would_hardly_help():
    found, took = played(rows_of([0.8, 0.8, 0.8], noise=0.05, size=300))
    assert found.is_closed
    assert not found.rows("best", "behind")
    assert max(took.values()) < 10


def test_rows_that_are_alike_are_within_a_wide_margin():
    random = np.random.default_rng(4)
    hard = random.standard_normal(400)
    base = at_accuracy(0.8, 0.02, 3.0, 0.2).draw(random, 10, hard)
    other = np.where(random.random(base.shape) < 0.05, random.random(base.shape) < 0.8, base)
    found, took = played({"a": by_seed(base, EXAMPLES), "b": by_seed(other, EXAMPLES)}, Rules(margin=0.06))
    assert found.rows("within")
    assert found.is_answered
    assert max(took.values()) < 10


def test_a_row_that_failed_is_out_and_nothing_is_claimed_of_it():
    rows = rows_of([0.9, 0.6, 0.5])
    rows["row 1"] = {0: rows["row 1"][0]}
    found = race(rows, TEN, failed={"row 1": (1,)})
    assert found.fates["row 1"].state == "failed"
    assert found.rows("best") == ("row 0",)
    assert ("row 0", "row 1") not in found.held


def test_a_row_that_was_dropped_before_it_failed_stays_dropped():
    rows = rows_of([0.8, 0.79, 0.5])
    rows["row 2"] = {seed: one for seed, one in rows["row 2"].items() if seed < 2}
    assert race(rows, TEN, failed={"row 2": (2,)}).fates["row 2"].state == "behind"


def test_a_row_whose_training_was_ended_early_is_out():
    rows = rows_of([0.8, 0.78, 0.5])
    rows["row 1"] = {seed: one for seed, one in rows["row 1"].items() if seed < 2}
    found = race(rows, TEN, failed={"row 1": (2,)}, pruned={"row 1": (2,)})
    assert found.fates["row 1"].state == "pruned"
    assert found.fates["row 1"].seeds == 2
    assert not found.running


def test_where_all_others_failed_nothing_more_is_run():
    rows = rows_of([0.8, 0.78])
    rows["row 1"] = {}
    found = race({"row 0": {}, "row 1": {}}, TEN, failed={"row 1": (0,)})
    assert found.is_closed
    found = race(cut(rows, {"row 0": 1, "row 1": 0}), TEN, failed={"row 1": (0,)})
    assert (found.fates["row 0"].state, found.fates["row 1"].state) == ("front", "failed")


def test_an_untrained_row_needs_one_answer():
    rows = rows_of([0.9, 0.6])
    rows["untrained"] = {0: rows_of([0.5], seeds=1)["row 0"][0]}
    found, took = played(rows, untrained={"untrained"})
    assert found.fates["untrained"].state == "behind"
    assert took["untrained"] == 1


def test_seeds_with_test_sets_of_their_own_are_raced_too():
    random = np.random.default_rng(8)
    rows = {}
    for number, accuracy in enumerate((0.9, 0.6)):
        world = at_accuracy(accuracy, 0.1, 1.2, 0.5)
        rows[f"row {number}"] = {
            seed: by_seed(world.draw(random, 1, random.standard_normal(300)), example_set(300, name=f"s{seed}"))[0]
            for seed in range(10)
        }
    found, _ = played(rows)
    assert found.rows("best") == ("row 0",)


def test_a_collapsed_seed_counts():
    rows = rows_of([0.8, 0.78, 0.6], noise=0.05)
    random = np.random.default_rng(0)
    collapsed = by_seed((random.random((1, 400)) < 0.25).astype(float), example_set(400), seeds=[1])
    rows["row 0"] = {**rows["row 0"], 1: collapsed[1]}
    found = race(cut(rows, dict.fromkeys(rows, 2)), TEN)
    assert found.reference == "row 1"
    assert found.fates["row 0"].state != "behind"  # two seeds that differ by half say nothing yet


def test_whether_a_row_beats_the_baseline_ends_with_the_first_that_does():
    rows = rows_of([0.6, 0.9, 0.89, 0.3])
    found, took = played(rows, baseline="row 0", question="beats_baseline")
    assert set(found.rows("ahead")) == {"row 1", "row 2"}
    assert found.fates["row 3"].state == "behind"
    assert found.is_answered
    assert took == dict.fromkeys(rows, 2)


def test_the_cheapest_within_the_margin_ends_the_race():
    rows = rows_of([0.9, 0.6, 0.6], noise=0.02)
    found, _ = played(rows, question="cheapest", seconds={"row 0": 1.0, "row 1": 5.0, "row 2": 5.0})
    assert found.is_closed
    assert found.reference == "row 0"


def test_a_cheap_row_that_is_behind_by_less_than_the_margin_is_good_enough():
    rows = rows_of([0.8, 0.77, 0.5], noise=0.02, size=2000)
    asked = {"question": "cheapest", "seconds": {"row 0": 9.0, "row 1": 1.0, "row 2": 5.0}}
    found, _ = played(rows, Rules(margin=0.08), **asked)
    assert found.fates["row 1"].state == "within"
    assert found.cheapest == "row 1"
    assert found.is_answered
    assert played(rows, Rules(margin=0.08))[0].fates["row 1"].state == "behind"


@pytest.mark.parametrize(
    "study", [Study("ties"), Study("ties", noisy=True), Study("spread"), Study("close", collapses=0.02)], ids=str
)
def test_errors_are_rare_over_whole_races(study):
    """Few rounds: `python -m tests.report.statistics.races` makes many."""
    made = [simulated_race(study, entropy) for entropy in range(60)]
    assert np.mean([one.wrong_best for one in made]) <= 0.05
    assert np.mean([one.wrong_beats for one in made]) <= 0.1


def test_clear_studies_take_a_third_of_the_cells():
    made = [simulated_race(Study("wide", examples=1000), entropy) for entropy in range(30)]
    assert np.mean([one.cells for one in made]) < 1 / 3 * 1.1
    decided = [one for one in made if one.full_best is not None]
    assert decided
    assert np.mean([one.best == one.full_best for one in decided]) >= 0.9
