"""What is composed of `conf/` without further words keeps its identity: records of earlier versions are found."""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell, identity
from bench.compose import to_cell
from tests.support.cli import composed

GOLDEN: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("golden.json").read_text())


@functools.cache
def cell(*words: str) -> Cell:
    return to_cell(composed(*words)[0])


def as_before(content: dict[str, Any]) -> dict[str, Any]:
    """With what earlier versions took for the same text, for words of the baseline, and to train on 4 bits."""
    split, model = dict(content["split"]), dict(content["model"])
    if "same_text" in split:
        split |= {"same_text": "exact", "conflicts": "keep_first"}
    if "analyzer" in model:
        model["analyzer"] = "word"
    training = content["training"]
    if (content.get("method") or {}).get("name") == "qlora" and training["optim"] is None:
        training = training | {"optim": "adamw_bnb_8bit"}
    return content | {"split": split, "model": model, "training": training}


@pytest.mark.parametrize("name", GOLDEN["experiments"])
def test_keys_of_an_experiment(name: str) -> None:
    keys = sorted({to_cell(as_before(content)).key for content in composed("-m", f"+experiment={name}")})
    assert hashlib.sha256("\n".join(keys).encode()).hexdigest() == GOLDEN["experiments"][name]


@pytest.mark.parametrize("preset", GOLDEN["training"])
def test_how_a_preset_trains(preset: str) -> None:
    words = preset.split() if "=" in preset else ["method=lora", f"training={preset}"]
    assert identity(cell("model=minilm", *words).training) == GOLDEN["training"][preset]


@pytest.mark.parametrize("method", GOLDEN["methods"])
def test_a_method(method: str) -> None:
    model = "smollm2_135m" if method == "zero_shot" else "minilm"
    assert identity(cell(f"model={model}", f"method={method}").method) == GOLDEN["methods"][method]
