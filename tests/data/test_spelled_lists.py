"""Lists that a cell spells out, as programs write them."""

import pytest

from bench.data.spelled_lists import are_places, list_in

READ = {
    '["a", "b"]': ["a", "b"],
    " ['a', 'b'] ": ["a", "b"],
    "[\"it's\", 'b']": ["it's", "b"],
    "['a' 'b']": ["a", "b"],
    "['a'\n 'b' \"it's\"]": ["a", "b", "it's"],
    "[0 12]": ["0", "12"],
    "[3, -1]": ["3", "-1"],
    "('a', 'b')": ["a", "b"],
    "('a',)": ["a"],
    "{'a'}": ["a"],
    "[]": [],
    "()": [],
    "set()": [],
}


@pytest.mark.parametrize("text", READ)
def test_what_json_python_pandas_and_numpy_write(text: str) -> None:
    assert list_in(text) == READ[text]


@pytest.mark.parametrize(
    "text",
    ["a", "", "('a')", "[a, b]", "[None]", "[True]", "[1.5]", "['a', 'b' 'c']", "['it''s']", "['a' ... 'b']",
     "{'a': 1}", "['']", "[", "['a'] 'b'",
     "['a' 'b'", "[" * 9000, f"[{'9' * 9000}]", "['a'\\"],
)  # fmt: skip
def test_what_is_no_list_of_labels(text: str) -> None:
    assert list_in(text) is None


def test_a_place_a_label_is_no_list_of_labels() -> None:
    assert are_places([[0, 1, 0], [], [1, 1, 0]])
    assert are_places([["0", "1", "0"]])
    assert not are_places([[0, 1], [1, 0]]), "labels may be called 0 and 1"
    assert not are_places([[0, 1], [1], [1, 1]])
    assert not are_places([[2, 2, 1]])
    assert not are_places([[], []])
