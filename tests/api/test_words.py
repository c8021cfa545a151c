"""Keyword arguments become overrides that Hydra reads as what they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from bench.api.words import words_of
from bench.errors import UserError

VALUES = [
    "minilm", "a b", "it's", "a,b", "{x}", "[1]", "1e-3", "null", "True", "", "$HOME", "${x}", "back\\slash", "end\\",
    "\\'", "a=b", "päper/текст.csv", "tab\there", "x#y", "'quoted'", '"both"', "~", "off",
]  # fmt: skip


def parsed(word: str) -> object:
    return OverridesParser.create().parse_override(word).value()


@pytest.mark.parametrize("text", VALUES)
def test_a_text_is_read_as_it_is(text: str) -> None:
    (word,) = words_of({"name": text}, several=True)
    assert str(parsed(word)) == text


@pytest.mark.parametrize("value", [0, 3, -1, 0.001, 1e-7, True, False, None, [1, 2], ["a", "b c"], []])
def test_other_values_are_read_as_they_are(value: object) -> None:
    (word,) = words_of({"name": value}, several=False)
    assert parsed(word) == value


def test_what_numpy_and_pandas_hold_are_values() -> None:
    given = {
        "a": np.array([12, 24]),
        "b": pd.Series(["x", "y"]),
        "c": range(3),
        "d": np.float64(0.5),
        "e": (np.int64(1), 2),
    }
    assert words_of(given, several=True) == ["a=12,24", "b=x,y", "c=0,1,2", "d=0.5", "e=[1,2]"]


def test_values_to_cross_and_lists() -> None:
    assert words_of({"seed": [0, 1], "model": ["minilm", "bert_base"]}, several=True) == [
        "seed=0,1",
        "model=minilm,bert_base",
    ]
    assert words_of({"data.text_column": ("subject", "body")}, several=True) == ["data.text_column=[subject,body]"]


def test_mappings_are_groups() -> None:
    options = {"training": {"learning_rate": 1e-3}, "tune": {"search": {"trials": 4}}, "data.path": Path("a/b.csv")}
    assert words_of(options, several=False) == [
        "training.learning_rate=0.001",
        "tune.search.trials=4",
        "data.path=a/b.csv",
    ]


def test_numbers_of_numpy() -> None:
    import numpy as np

    assert words_of({"seed": np.int64(3), "x": np.float32(0.5)}, several=False) == ["seed=3", "x=0.5"]


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x"])
def test_what_is_no_value_is_refused(value: object) -> None:
    with pytest.raises(UserError, match=r"^name="):
        words_of({"name": value}, several=False)


def test_no_values_to_cross_are_refused() -> None:
    with pytest.raises(UserError, match="empty list"):
        words_of({"seed": []}, several=True)
