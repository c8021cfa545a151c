"""What runs next: by what it settles a second, within the budget, and with workers kept busy."""

from pathlib import Path

import numpy as np
import pytest

from bench.decide.choose import next_round
from bench.report.asked import Asked, Rules
from bench.report.inputs.records import ExpectedCell
from bench.report.race.field import Field, Place, field_of
from bench.report.race.races import PlaceRace, Races, State
from bench.report.statistics.points import Point
from tests.report.statistics.answers import at_accuracy, by_seed, example_set

RULES = Rules(seeds=tuple(range(6)))


def cell(row: str, labels: int, size: int, seed: int) -> ExpectedCell:
    key = f"{row} {labels} {size} {seed}"
    return ExpectedCell(Path("/nowhere", key), key, row, None, "data", labels, size, seed)


def field(rows=("a", "b", "c"), sizes=(32, 128), labels=(2,), untrained=()) -> Field:
    trained = [
        cell(row, count, size, seed) for row in rows for count in labels for size in sizes for seed in RULES.seeds
    ]
    return field_of([*trained, *(cell(row, count, 0, 0) for row in untrained for count in labels)])


def answered(accuracies: dict[str, float], sizes: dict[int, int], labels: int = 2, gain: float = 0.0, size=400):
    """Answers of so many seeds at each size, and the keys of their cells."""
    random, examples = np.random.default_rng(2), example_set(size)
    hard = random.standard_normal(size)
    grid, done = {}, set()
    for step, (train_size, seeds) in enumerate(sizes.items()):
        for row, accuracy in accuracies.items():
            world = at_accuracy(min(0.97, accuracy + gain * step), 0.05, 1.2, 0.5)
            grid[Point(row, labels, train_size)] = by_seed(world.draw(random, seeds, hard), examples)
            done |= {f"{row} {labels} {train_size} {seed}" for seed in range(seeds)}
    return grid, done


def raced(of: Field, grid=None, failed=()) -> dict[Place, PlaceRace]:
    return Races(of, Asked(RULES), {"data": "a"}).replayed(State({"data": grid or {}}, failed))


def choose(of, races, done=(), seconds=lambda cell: 1.0, **options):
    return next_round(of, races, set(done), seconds=seconds, rules=RULES, **options)


def test_the_first_round_is_two_seeds_of_everything():
    of = field(untrained=("zero",))
    chosen = choose(of, raced(of))
    assert len(chosen.cells) == 3 * 2 * 2 + 1
    assert {one.seed for one in chosen.cells} == {0, 1}


def test_rows_that_were_dropped_get_no_more():
    of = field(sizes=(32,))
    grid, done = answered({"a": 0.8, "b": 0.79, "c": 0.4}, {32: 2})
    chosen = choose(of, raced(of, grid), done)
    assert {(one.row, one.seed) for one in chosen.cells} <= {("a", 2), ("b", 2)}


def test_what_settles_most_a_second_comes_first_and_a_budget_takes_whole_points():
    of = field(labels=(2, 3))
    races = raced(of)
    chosen = choose(of, races, seconds=lambda one: one.train_size * one.num_labels)
    sizes = [(turn.place.num_labels, turn.place.train_size) for turn in chosen.turns]
    assert sizes == [(2, 32), (3, 32), (2, 128), (3, 128)]
    chosen = choose(of, races, seconds=lambda one: one.train_size * one.num_labels, budget=6 * 64 + 6 * 96 + 10)
    assert [(turn.place.num_labels, turn.place.train_size) for turn in chosen.turns] == [(2, 32), (3, 32)]
    assert len(chosen.too_dear) == 2
    assert len(chosen.cells) == 12


def test_nothing_is_begun_that_the_budget_has_no_room_for():
    of = field()
    chosen = choose(of, raced(of), budget=5.0)
    assert not chosen.cells
    assert len(chosen.too_dear) == 2


def test_workers_that_would_wait_begin_the_look_after():
    of = field(sizes=(32,))
    grid, done = answered({"a": 0.8, "b": 0.77, "c": 0.4}, {32: 2})
    races = raced(of, grid)
    assert races[Place("data", 2, 32)].race.running
    few, many = choose(of, races, done, workers=2), choose(of, races, done, workers=8)
    assert not few.filling
    assert {one.seed for one in many.filling} == {3}
    assert set(few.cells) < set(many.cells)
    dear = choose(of, races, done, workers=8, budget=2.5)
    assert len(dear.cells) == 2


def test_a_fourth_size_waits_for_the_smaller_ones():
    of = field(sizes=(32, 64, 128, 256))
    chosen = choose(of, raced(of))
    assert {one.train_size for one in chosen.cells} == {32, 64, 128}
    # with nothing to wait for, all begin
    of = field(sizes=(32, 64, 128))
    assert {one.train_size for one in choose(of, raced(of)).cells} == {32, 64, 128}


def test_a_row_without_a_chance_is_not_run_at_the_next_size():
    of = field(sizes=(64, 128, 256, 512))
    grid, done = answered({"a": 0.5, "b": 0.84, "c": 0.55}, {64: 3, 128: 3, 256: 3}, gain=0.03, size=1000)
    races = raced(of, grid)
    place = races[Place("data", 2, 512)]
    assert set(place.no_chance) == {"c"}  # a is as far behind, and the baseline
    assert place.no_chance["c"].better == "b"
    assert place.no_chance["c"].high < place.no_chance["c"].low
    chosen = [one for one in choose(of, races, done).cells if one.train_size == 512]
    assert {one.row for one in chosen} == {"a", "b"}
    # one that was run there all the same takes part
    grid[Point("c", 2, 512)] = grid[Point("c", 2, 256)]
    assert not raced(of, grid)[Place("data", 2, 512)].no_chance


def test_a_failed_row_is_out_and_others_go_on():
    of = field(sizes=(32,))
    grid, done = answered({"a": 0.8, "b": 0.79}, {32: 2})
    failed = {"c 2 32 0"}
    races = raced(of, grid, failed)
    assert races[Place("data", 2, 32)].race.fates["c"].state == "failed"
    assert "c" not in {one.row for one in choose(of, races, done | failed).cells}


def test_rows_that_had_other_examples_are_not_raced():
    of = field(sizes=(32,))
    grid, done = answered({"a": 0.8, "b": 0.79, "c": 0.4}, {32: 2})
    place = Place("data", 2, 32)
    races = Races(of, Asked(RULES), {"data": "a"}).replayed(State({"data": grid}, unequal={place}))
    assert races[place].is_closed
    assert not choose(of, races, done).cells


@pytest.mark.parametrize("largest_only", [False, True])
def test_the_largest_size_alone(largest_only):
    cells = [cell("a", labels, size, 0) for labels, sizes in ((2, (32, 64)), (3, (32,))) for size in sizes]
    of = field_of(cells, largest_only=largest_only)
    assert len(of.places) == (2 if largest_only else 3)
    assert len(of.cells) == (2 if largest_only else 3)
