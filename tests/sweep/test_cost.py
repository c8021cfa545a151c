"""Guessing how far along a sweep is."""

from bench.compose import to_cell
from bench.sweep.cost import relative_cost
from tests.test_cell import BASELINE, content


def cost(**changes: object) -> float:
    return relative_cost(to_cell(content(**changes)))


def test_work_is_ordered_as_it_takes() -> None:
    assert cost(model=BASELINE) < cost(method={"name": "linear_probe"}) < cost() < cost(train_size=512)
    assert cost(train_size=512) < cost(train_size=512, training__num_train_epochs=12)


def test_few_examples_count_for_the_least_number_of_steps() -> None:
    assert cost(training__min_steps=100) == cost(train_size=64, training__min_steps=100) > cost()


def test_every_try_of_a_tuned_rate_counts() -> None:
    assert cost(tune={"learning_rate": [1e-4, 1e-3]}) > 1.5 * cost()


def test_every_trial_of_a_search_counts_and_the_last_training() -> None:
    one, found = {"method.r": [4, 8]}, [cost(tune={"search": {"method.r": [4, 8, 16]}, "trials": n}) for n in (1, 2, 9)]
    assert found[0] < found[1] < found[2] == cost(tune={"search": {"method.r": [4, 8, 16]}}), "there are three ranks"
    assert cost(tune={"search": one}) > 2.4 * cost()
    counted = {"search": {"model.ngram_max": [1, 2]}}
    assert cost(model=BASELINE, tune=counted) == 3 * cost(model=BASELINE)


def test_pairs_that_setfit_trains_on_count() -> None:
    setfit = {"name": "setfit"}
    assert cost(method=setfit) > 2 * cost(method={"name": "linear_probe"})
    assert cost(method=setfit | {"num_iterations": 40}) > cost(method=setfit | {"num_iterations": 5})


def test_weights_that_are_all_trained_cost_more_than_adapters() -> None:
    assert cost(method={"name": "full"}) > cost(method={"name": "lora"})
