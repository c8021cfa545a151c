"""Rows that learn nothing: one cell for all sizes and seeds, whose key follows what changes its answers alone."""

from pathlib import Path
from typing import Any

import pytest

from bench.cell import identity
from bench.compose import to_cell
from bench.config import DataConfig
from bench.errors import UserError
from tests.test_cell import BASELINE, content

DECODER = {"name": "llama", "family": "llama", "source": "hub", "id": "someone/llama"}
PROMPT = "News: {text}\nTopic:"


def asked(**changes: Any) -> dict:
    method = {"name": "zero_shot"} | changes.pop("method", {})
    return content(model=DECODER, method=method, **{"data__prompt": PROMPT} | changes)


@pytest.fixture
def answers(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "answers.csv"
    path.write_text("id,label\n")
    return {"name": "gpt4", "family": "predictions", "path": str(path)}


GRID = [{"train_size": size, "seed": seed} for size in (2, 32, 100_000) for seed in (0, 7)]


def test_zero_shot_is_one_cell_for_all_sizes_and_seeds() -> None:
    cells = {to_cell(asked(**point, training={"learning_rate": 1e-3})) for point in GRID}
    assert len(cells) == 1
    (cell,) = cells
    assert "_0-examples_seed-0_" in cell.key
    assert cell.training is None
    assert len({to_cell(asked(**point, split={"name": "stratified"})).key for point in GRID}) == 2, "of two trials"
    sizes = {to_cell(asked(num_labels=2, **point, split={"name": "published"})).task.train_size for point in GRID}
    assert sizes == {2, 32, 100_000}, "that split tests on as many examples as it trains on"


def test_answers_are_one_cell_for_all_sizes_and_seeds(answers: dict[str, str]) -> None:
    methods = ({"name": "lora"}, {"name": "zero_shot"})
    keys = {to_cell(content(model=answers, method=method, **point)).key for point in GRID for method in methods}
    assert len(keys) == 1
    assert keys.pop().startswith("gpt4_topics_2-labels_0-examples_seed-0_")


@pytest.mark.parametrize(
    "change",
    [
        {"data__prompt": "{text}\nTopic:"}, {"data__label_words": {"a": "x"}}, {"method": {"prompt": "{text}:"}},
        {"method": {"label_words": {"a": "x"}}}, {"method": {"calibrate": True}}, {"method": {"max_length": 9}},
        {"method": {"precision": "fp32"}}, {"num_labels": 4}, {"split__test_size": 50},
    ],
)  # fmt: skip
def test_what_changes_an_answer_changes_the_key(change: dict[str, Any]) -> None:
    assert to_cell(asked(**change)).key != to_cell(asked()).key


def test_where_the_prompt_is_written_does_not_matter() -> None:
    """In the data's file or over it, and the words in whatever order."""
    words = {"a": "x", "b": "y"}
    of_data = to_cell(asked(data__label_words=words))
    backwards = dict(reversed(words.items()))
    of_method = to_cell(asked(data__prompt="", method={"prompt": PROMPT, "label_words": backwards}))
    assert of_data.key == of_method.key
    assert hash(of_data.method) == hash(of_method.method)
    assert identity(of_data)["method"]["label_words"] == words
    assert identity(of_data)["method"]["prompt"] == PROMPT


@pytest.mark.parametrize("model", [BASELINE, {"name": "bert", "family": "bert", "source": "hub", "id": "someone/bert"}])
def test_prompts_are_no_part_of_other_cells(model: dict[str, str]) -> None:
    prompted = content(model=model, data__prompt=PROMPT, data__label_words={"a": "x"})
    assert to_cell(prompted).key == to_cell(content(model=model)).key


def test_identity_of_a_mapping_is_in_order() -> None:
    one, other = (DataConfig(name="x", source="file", label_words=words) for words in ({"a": "1"}, {"b": "2"}))
    assert hash(one) == hash(other)
    assert one != other
    assert list(identity({"b": 1, "a": (2,)}).items()) == [("a", [2]), ("b", 1)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"name": "bert_base", "family": "bert", "source": "hub", "id": "x"}},
         "method=zero_shot needs a causal model; bert_base is of family bert"),
        ({"data__prompt": ""}, "method=zero_shot needs data.prompt (or method.prompt) with {text} once"),
        ({"data__prompt": "Topic:"}, "it is 'Topic:'"),
        ({"data__prompt": "{text} {text}"}, "with {text} once, where the text of topics goes"),
        ({"model": DECODER, "method": {"name": "setfit"}},
         "method=setfit needs an encoder; llama is of family llama"),
        ({"model": {"name": "gpt4", "family": "predictions", "path": "/no/such.csv"}},
         "model.path=/no/such.csv: No such file or directory"),
        ({"model": {"name": "gpt4", "family": "predictions"}}, "model.path"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told_before_anything_runs(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as raised:
        to_cell(content(**{"model": DECODER, "method": {"name": "zero_shot"}, "data__prompt": PROMPT} | changes))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
