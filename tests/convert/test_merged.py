"""`bench convert --to merged`: a folder that plain transformers loads, and that gives what the kept model gives."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from bench.convert.about import FILE
from bench.convert.parity import EXACT, ROUNDED

ADAPTERS = ("bert", "gemma3", "dora", "ia3", "adalora", "thresholds", "tail", "head_tail", "windows", "several")
IN_FOUR_BITS = ("qlora", "qlora gpt2", "norms")


@pytest.mark.parametrize("name", ADAPTERS + IN_FOUR_BITS)
def test_the_card_s_code_gives_what_the_cell_predicted(
    name: str, cell: Any, convert: Any, card_code: Any, tmp_path: Path
) -> None:
    kept = cell(name)
    code, printed, errors = convert(kept.folder, "--to", "merged", "--out", tmp_path / "merged")
    assert (code, errors) == (0, "")
    assert "largest difference of a probability" in printed
    bound = ROUNDED if name in IN_FOUR_BITS else EXACT
    variables = card_code(tmp_path / "merged", list(kept.texts))
    assert np.abs(variables["probabilities"] - kept.probabilities).max() < bound
    assert variables["labels"] == kept.labels
    about = json.loads((tmp_path / "merged" / FILE).read_text())
    assert about["max_difference"] <= bound
    assert about["texts"] == len(kept.texts) + 2
    assert about["same_labels"] >= about["texts"] - (2 if name in IN_FOUR_BITS else 0)


def test_no_adapter_and_nothing_in_4_bits_is_left(cell: Any, convert: Any, tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    kept = cell("qlora gpt2")
    assert convert(kept.folder, "--to", "merged", "--out", tmp_path / "merged")[0] == 0
    config = json.loads((tmp_path / "merged" / "config.json").read_text())
    assert "quantization_config" not in config
    assert not list((tmp_path / "merged").glob("adapter*"))
    with safe_open(tmp_path / "merged" / "model.safetensors", "np") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F32"}  # noqa: SIM118
    model, report = AutoModelForSequenceClassification.from_pretrained(tmp_path / "merged", output_loading_info=True)
    assert not any(report.values())
    assert list(model.config.id2label.values()) == kept.labels
    assert AutoTokenizer.from_pretrained(tmp_path / "merged").model_max_length == 8


def test_the_pipeline_of_transformers_gives_the_same(cell: Any, convert: Any, tmp_path: Path) -> None:
    from transformers import pipeline

    for name in ("tail", "several"):
        kept = cell(name)
        assert convert(kept.folder, "--to", "merged", "--out", tmp_path / name)[0] == 0
        classify = pipeline("text-classification", str(tmp_path / name), top_k=None, device="cpu")
        found = classify(list(kept.texts), truncation=True)
        by_label = [{each["label"]: each["score"] for each in row} for row in found]
        probabilities = np.array([[row[label] for label in kept.labels] for row in by_label])
        assert np.abs(probabilities - kept.probabilities).max() < EXACT


def test_the_card_is_that_of_the_kept_model_with_other_code(cell: Any, convert: Any, tmp_path: Path) -> None:
    kept = cell("qlora")
    assert convert(kept.folder, "--to", "merged", "--out", tmp_path / "merged")[0] == 0
    card = (tmp_path / "merged" / "README.md").read_text()
    original = (kept.folder / "model" / "README.md").read_text()
    headers = [text.split("---\n")[1] for text in (original, card)]
    assert "library_name: peft\n" in headers[0]
    expected = headers[0].replace("library_name: peft\n", "library_name: transformers\n")
    assert (
        headers[1] == expected.replace("base_model_relation: adapter\n", "base_model_relation: finetune\n") != expected
    )
    titles = [line for line in original.splitlines() if line.startswith("## ")]
    found = [line for line in card.splitlines() if line.startswith("## ")]
    assert found == [*titles[:2], "## Conversion", *titles[2:]]
    assert titles[1] == "## How to use it"
    scores = original.partition("## Scores\n")[2].partition("## ")[0]
    assert scores in card
    assert "which are what its 4 bits stand for" in " ".join(card.split())
    assert "bench.predict" not in card


@pytest.mark.parametrize("name", ["head_tail", "windows"])
def test_the_card_s_code_does_not_warn_of_texts_that_it_cuts_itself(
    name: str, *, cell: Any, convert: Any, card_code: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert convert(cell(name).folder, "--to", "merged", "--out", tmp_path / "merged")[0] == 0
    logger = logging.getLogger("transformers")
    logger.addHandler(caplog.handler)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        card_code(tmp_path / "merged", ["goal match team " * 20])
    finally:
        logger.setLevel(before)
        logger.removeHandler(caplog.handler)
    assert "longer than the specified maximum" not in caplog.text
