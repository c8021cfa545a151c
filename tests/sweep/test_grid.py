"""Expanding a grid: rows need not be rectangular, and the command line narrows or replaces."""

import pytest

from bench.errors import UserError
from bench.sweep.grid import check_count, compose_points, expand

AXES = {"num_labels": ["2", "5"], "seed": ["0", "1"]}
ROWS = [{"model": ["minilm"], "method": ["lora", "linear_probe"]}, {"model": ["tfidf_sgd"]}]


def rows_of(points: list[dict[str, str]]) -> list[tuple[str, str | None]]:
    return list(dict.fromkeys((point["model"], point.get("method")) for point in points))


def test_rows_cross_axes() -> None:
    points = expand(AXES, ROWS, {})
    assert len(points) == 3 * 4
    assert rows_of(points) == [("minilm", "lora"), ("minilm", "linear_probe"), ("tfidf_sgd", None)]


def test_an_axis_on_the_command_line_replaces() -> None:
    points = expand(AXES, ROWS, {"seed": ["7"], "train_size": ["32", "64"]})
    assert {point["seed"] for point in points} == {"7"}
    assert len(points) == 3 * 2 * 2


def test_a_row_key_on_the_command_line_narrows() -> None:
    assert rows_of(expand(AXES, ROWS, {"model": ["tfidf_sgd"]})) == [("tfidf_sgd", None)]
    assert rows_of(expand(AXES, ROWS, {"model": ["minilm"], "method": ["lora"]})) == [("minilm", "lora")]


def test_a_value_that_no_row_has_takes_part_in_every_row() -> None:
    assert rows_of(expand({}, ROWS, {"model": ["bert_base"]})) == [
        ("bert_base", "lora"), ("bert_base", "linear_probe"), ("bert_base", None),
    ]  # fmt: skip


def test_without_rows_the_axes_are_the_grid() -> None:
    assert expand({"a": ["1", "2"]}, [], {"b": ["3"]}) == [{"a": "1", "b": "3"}, {"a": "2", "b": "3"}]


def test_no_point_twice() -> None:
    assert len(expand({"seed": ["0", "0"]}, [{"model": ["x"]}, {"model": ["x"]}], {})) == 1


def test_each_choice_of_groups_is_composed_once() -> None:
    calls = []

    def compose(overrides):
        calls.append(list(overrides))
        model = next(text.partition("=")[2] for text in overrides if text.startswith("model="))
        return {"model": {"name": model}, "seed": 0, "training": {"lr": 1.0}}

    points = [[f"model={m}", f"seed={s}", "training.lr=0.5"] for m in "ab" for s in range(50)]
    configs = compose_points(
        points, compose, is_group=lambda key: key == "model", parse=lambda t: float(t.split("=")[1])
    )
    assert calls == [["model=a"], ["model=b"]]
    assert [c["seed"] for c in configs] == list(range(50)) * 2
    assert {c["training"]["lr"] for c in configs} == {0.5}
    assert configs[0]["training"] is not configs[1]["training"]


def test_points_share_what_they_do_not_change() -> None:
    """And a value that one point is given does not reach another."""
    base = {"model": {"name": "a"}, "training": {"lr": 1.0, "steps": 5}, "seed": 0}
    points = [["seed=1"], ["training.lr=0.5", "training.steps=7"], ["seed=2", "training.lr=0.1"]]
    configs = compose_points(
        points, lambda _: base, is_group=lambda _: False, parse=lambda t: float(t.partition("=")[2])
    )
    assert all(config["model"] is base["model"] for config in configs)
    assert [config["training"] for config in configs] == [
        {"lr": 1.0, "steps": 5}, {"lr": 0.5, "steps": 7}, {"lr": 0.1, "steps": 5},
    ]  # fmt: skip
    assert [config["seed"] for config in configs] == [1, 0, 2]
    assert base == {"model": {"name": "a"}, "training": {"lr": 1.0, "steps": 5}, "seed": 0}


def test_interpolations_and_unknown_keys_are_left_to_hydra() -> None:
    calls = []

    def compose(overrides):
        calls.append(list(overrides))
        return {"seed": 0, "name": "${seed}"}

    compose_points([["seed=1"]], compose, is_group=lambda _: False, parse=lambda _: 1)
    assert calls == [[], ["seed=1"]]
    calls.clear()
    compose_points([["unknown=1"]], lambda o: calls.append(list(o)) or {"seed": 0}, lambda _: False, lambda _: 1)
    assert calls == [[], ["unknown=1"]]


def test_options_of_a_model_go_with_it() -> None:
    rows = [{"model": ["minilm"], "method": ["lora"]}, {"model": ["tfidf_sgd"], "model.analyzer": ["word"]}]
    assert expand({}, rows, {"model": ["bert_base"]}) == [
        {"method": "lora", "model": "bert_base"},
        {"model": "bert_base"},
    ]
    assert expand({}, rows, {"model": ["tfidf_sgd"]}) == [{"model": "tfidf_sgd", "model.analyzer": "word"}]
    assert expand({}, rows[1:], {"model": ["bert_base"], "model.analyzer": ["x"]}) == [
        {"model": "bert_base", "model.analyzer": "x"}
    ]


@pytest.mark.parametrize("place", range(3))
def test_a_key_without_values_is_refused(place: int) -> None:
    choices: list[dict[str, list[str]]] = [{"seed": ["0"]} for _ in range(3)]
    choices[place] = {"data": []}
    with pytest.raises(UserError, match=r"^data: what is given has no value"):
        check_count(choices[0], [choices[1]], choices[2])
