"""How far the rows of a batch are filled up."""

from pathlib import Path

import pytest

from bench.methods.encode import padding
from bench.models import load
from tests.methods.test_families import FAMILY_NAMES, make_cell


@pytest.mark.parametrize(
    ("device", "max_length", "width"),
    [("cpu", 16, 5), ("cuda", 16, 8), ("cuda", 6, 5)],
    ids=["to the longest text", "to a multiple of 8", "never past max_length"],
)
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_rows_are_filled_up(
    family: str, device: str, max_length: int, width: int, tiny_models: dict[str, Path]
) -> None:
    tokenizer = load.load_tokenizer(make_cell(family, "lora", tiny_models[family]).model, str(tiny_models[family]))
    rows = [{"input_ids": [5] * length, "attention_mask": [1] * length} for length in (3, 5)]
    batch = padding(tokenizer, max_length, device)(rows)
    assert batch["input_ids"].shape == (2, width)
    assert batch["attention_mask"].sum(dim=1).tolist() == [3, 5]
