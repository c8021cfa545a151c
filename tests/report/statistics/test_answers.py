"""What the first screen recommends, and what it leaves open."""

import pytest

from bench.report.statistics.answers import answer, answers
from bench.report.statistics.ceilings import ANY, NO_GPU, Ceiling, Cost, offered, within
from bench.report.statistics.significance import Verdicts
from tests.report.statistics.answers import exactly, grid_of

PLACE = 2, 32


def verdicts_of(grid, baseline="tfidf", tuned=("lora",)):
    return Verdicts(grid, baseline, tuned=tuned)


def told(baseline="tfidf", **shares):
    return verdicts_of(grid_of({(row, *PLACE): exactly(seeds, 1000) for row, seeds in shares.items()}), baseline)


def cost(seconds, *, price=None, on_gpu=False, is_trained=True):
    return Cost(seconds, seconds, price, 1.0, 100.0, None, on_gpu, is_trained)


COSTS = {
    ("lora", *PLACE): cost(100, price=0.04, on_gpu=True),
    ("probe", *PLACE): cost(20, price=0.01, on_gpu=True),
    ("tfidf", *PLACE): cost(0.1),
}


def test_the_row_that_beats_the_baseline_is_to_be_used_and_the_cheaper_one_named():
    found = answer(told(lora=[0.9, 0.91, 0.92], probe=[0.85, 0.86, 0.87], tfidf=[0.6, 0.61, 0.62]), COSTS, PLACE)
    assert (found.decision, found.row) == ("use", "lora")
    assert found.over_baseline.a_is_better
    assert found.over_baseline.difference.estimate == pytest.approx(0.3)
    assert found.cheaper.row == "probe"
    assert found.cheaper.contender.against_best.difference.estimate == pytest.approx(0.05)
    assert found.to_decide is None


def test_the_baseline_in_front_stays():
    found = answer(told(lora=[0.6, 0.61, 0.62], tfidf=[0.7, 0.71, 0.72]), COSTS, PLACE)
    assert (found.decision, found.row, found.over_baseline) == ("stay", "tfidf", None)


def test_an_exact_tie_with_the_baseline_stays_with_it():
    found = answer(told(lora=[0.7, 0.71, 0.72], tfidf=[0.7, 0.71, 0.72]), COSTS, PLACE)
    assert (found.decision, found.row, found.over_baseline) == ("stay", "tfidf", None)


def test_a_gain_that_is_surely_less_than_a_point_is_not_worth_it():
    found = answer(told(lora=[0.702, 0.711, 0.719], tfidf=[0.7, 0.71, 0.72]), COSTS, PLACE)
    assert found.row == "lora"
    assert not found.over_baseline.is_significant
    assert found.over_baseline.difference.high <= 0.01
    assert found.decision == "stay"


def test_what_may_be_chance_is_not_decided_and_it_is_said_what_would_decide():
    found = answer(told(lora=[0.71, 0.78, 0.70], tfidf=[0.70, 0.69, 0.72]), COSTS, PLACE)
    assert (found.decision, found.row) == ("undecided", "lora")
    assert not found.over_baseline.is_significant
    assert found.to_decide.difference >= 0.01


def test_one_seed_decides_nothing():
    found = answer(told(lora=[0.9], tfidf=[0.6]), COSTS, PLACE)
    assert found.decision == "undecided"
    assert answer(told(lora=[0.6], tfidf=[0.9]), COSTS, PLACE).decision == "undecided"
    assert answer(told(baseline=None, lora=[0.9], probe=[0.6]), COSTS, PLACE).decision == "undecided"


def test_a_row_that_surely_beats_the_baseline_goes_before_a_higher_one_that_does_not():
    told_ = told(lora=[0.60, 0.99, 0.75], probe=[0.75, 0.76, 0.77], tfidf=[0.7, 0.71, 0.72])
    found = answer(told_, COSTS, PLACE)
    assert found.standing.best == "lora"
    assert not told_.of("lora", "tfidf", *PLACE).is_significant
    assert told_.of("probe", "tfidf", *PLACE).a_is_better
    assert (found.decision, found.row, found.higher) == ("use", "probe", "lora")
    assert {one.against_best.a for one in found.others} == {"probe"}


def test_a_row_that_is_alone_is_only_named():
    found = answer(told(baseline=None, lora=[0.9, 0.91]), COSTS, PLACE)
    assert (found.decision, found.row) == ("only", "lora")


def test_a_row_that_was_in_front_elsewhere_and_was_not_run_here_leaves_it_open():
    grid = grid_of(
        {
            ("lora", 2, 16): exactly([0.8, 0.81, 0.82], 1000),
            ("probe", 2, 16): exactly([0.7, 0.71, 0.72], 1000),
            ("probe", 2, 32): exactly([0.8, 0.81, 0.82], 1000),
            ("tfidf", 2, 32): exactly([0.6, 0.61, 0.62], 1000),
        }
    )
    found = answer(verdicts_of(grid), {}, PLACE, missing=["lora", "other"])
    assert (found.decision, found.row, found.may_change) == ("undecided", "probe", ("lora",))
    assert answer(verdicts_of(grid), {}, PLACE).decision == "use"


def test_a_ceiling_leaves_out_what_costs_more_and_never_the_baseline():
    told_ = told(lora=[0.9, 0.91, 0.92], probe=[0.85, 0.86, 0.87], tfidf=[0.6, 0.61, 0.62])
    found = answer(told_, COSTS, PLACE, Ceiling("price", 0.02))
    assert (found.decision, found.row, found.too_dear) == ("use", "probe", ("lora",))
    alone = answer(told_, COSTS, PLACE, NO_GPU)
    assert (alone.decision, alone.row, alone.too_dear) == ("only", "tfidf", ("lora", "probe"))


@pytest.mark.parametrize(
    ("ceiling", "some", "is_within"),
    [
        (ANY, None, True),
        (NO_GPU, None, False),
        (NO_GPU, cost(1, on_gpu=True), False),
        (NO_GPU, cost(1), True),
        (Ceiling("price", 0.1), cost(1), True),
        (Ceiling("price", 0.1), cost(1, on_gpu=True), False),
        (Ceiling("price", 0.1), cost(1, on_gpu=True, price=0.1), True),
        (Ceiling("seconds", 10), cost(11), False),
    ],
)
def test_what_is_within_a_ceiling(ceiling, some, is_within):
    assert within(some, ceiling) == is_within


def test_ceilings_are_round_leave_some_out_and_are_few():
    costs = {("lora", 2, size): cost(size * 3.3, price=size / 700, on_gpu=True) for size in (1, 2, 4, 8, 16, 32)}
    costs |= {("tfidf", 2, size): cost(0.1) for size in (1, 2)}
    found = offered(costs)
    assert found[0] == NO_GPU
    assert found[-1] == ANY
    amounts = [one.value for one in found if one.kind == "price"]
    assert 1 <= len(amounts) <= 3
    assert all(1 / 700 <= amount < 32 / 700 for amount in amounts)
    assert amounts == sorted(amounts)
    assert {one.kind for one in offered({("lora", *PLACE): cost(5), ("x", *PLACE): cost(50)})} == {"seconds", "any"}
    assert offered({("zero", 2, 0): cost(0, is_trained=False)}) == [ANY]


def test_every_place_has_an_answer_under_each_ceiling():
    grid = grid_of({(row, 2, size): exactly([0.8, 0.81]) for row in ("lora", "tfidf") for size in (16, 32)})
    found = answers(verdicts_of(grid), {}, ceilings=(NO_GPU, ANY))
    assert [(one.standing.train_size, one.ceiling) for one in found] == [
        (size, ceiling) for size in (16, 32) for ceiling in (NO_GPU, ANY)
    ]
