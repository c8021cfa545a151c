"""`bench convert --to onnx`: a graph that gives what the kept model gives, by the card's code, without transformers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from bench.convert import graph
from bench.convert.about import FILE
from tests.support import texts

NAMES = ("bert", "head_tail", "windows", "thresholds", "top_k", "probe", "probe several")


@pytest.mark.parametrize("name", NAMES)
def test_the_card_s_code_gives_what_the_cell_predicted(name: str, check: Any) -> None:
    check(name)


def test_any_number_of_texts_and_tokens(cell: Any, convert: Any, tmp_path: Path) -> None:
    assert convert(cell("bert").folder, "--to", "onnx", "--out", tmp_path / "onnx")[0] == 0
    session = graph.OnnxNetwork(tmp_path / "onnx").session
    assert [each.shape for each in session.get_inputs()] == [["texts", "tokens"]] * 2
    assert [each.name for each in session.get_inputs()] == list(graph.INPUTS)
    for count, length in ((1, 1), (1, 64), (5, 3)):
        ids = np.ones((count, length), dtype=np.int64)
        (logits,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        assert logits.shape == (count, 3)


def test_8_bits_and_what_they_cost(cell: Any, convert: Any, card_code: Any, tmp_path: Path) -> None:
    kept = cell("bert")
    code, printed, errors = convert(kept.folder, "--to", "onnx-int8", "--out", tmp_path / "small")
    assert (code, errors) == (0, "")
    in_fp32, in_8_bits = printed.splitlines()[-4:-2]
    assert in_fp32.startswith("in fp32: largest difference of a probability ")
    assert in_8_bits.startswith("in 8 bits, against fp32: largest difference of a probability ")
    assert printed.endswith("README.md has code that runs it\n")
    cost = json.loads((tmp_path / "small" / FILE).read_text())["eight_bits"]
    assert cost["bytes"] == (tmp_path / "small" / "model.onnx").stat().st_size < cost["bytes_fp32"]
    assert cost["scores_fp32"]["accuracy"] == pytest.approx(kept.record.measurements.test.accuracy)
    assert 0 < cost["max_difference"] < 0.2
    assert cost["same_labels"] > 0.8 * cost["texts"] == 0.8 * len(kept.texts)
    assert cost["speedup"] > 0
    weights = {each.name for each in onnx.load(tmp_path / "small" / "model.onnx").graph.initializer}
    assert [name for name in weights if "classifier" in name and "quantized" in name] == [], "logits are of fp32"
    assert [name for name in weights if "quantized" in name]
    probabilities = card_code(tmp_path / "small", list(kept.texts))["probabilities"]
    correct = probabilities.argmax(axis=1) == [kept.labels.index(label) for label in _labels(kept)]
    assert correct.mean() == pytest.approx(cost["scores"]["accuracy"], abs=0.1)  # by what stands in a batch together
    card = " ".join((tmp_path / "small" / "README.md").read_text().split())
    assert f"({100 * cost['same_labels'] / cost['texts']:.1f} %)" in card
    assert sorted(path.name for path in (tmp_path / "small").iterdir()) == [
        "README.md", "config.json", "conversion.json", "model.onnx", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip


def _labels(kept: Any) -> list[str]:
    from bench.results import store

    frame = store.read_predictions(kept.folder, kept.record)
    return list(frame[frame.split == "test"].label)


def test_texts_of_a_file_with_labels(cell: Any, convert: Any, tmp_path: Path) -> None:
    kept = cell("bert")
    texts.topics(6, labels=tuple(kept.labels)).to_csv(tmp_path / "own.csv", index=False)
    words = ("--texts", tmp_path / "own.csv", "--label-column", "label", "--max-texts", 12)
    assert convert(kept.folder, "--to", "onnx-int8", "--out", tmp_path / "small", *words)[0] == 0
    about = json.loads((tmp_path / "small" / FILE).read_text())
    assert about["compared_on"] == "12 of 18 texts of own.csv"
    assert about["eight_bits"]["scores_fp32"]["accuracy"] > 0.4
    assert about["eight_bits"]["texts"] == 12


def test_a_graph_that_gives_something_else_is_not_kept(
    cell: Any, convert: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(graph.OnnxNetwork):
        def __call__(self, *given: Any, **named: Any) -> Any:
            found = super().__call__(*given, **named)
            found.logits = found.logits + np.float32(0.01) * np.arange(3, dtype=np.float32)
            return found

    monkeypatch.setattr(graph, "OnnxNetwork", Wrong)
    code, _, errors = convert(cell("bert").folder, "--to", "onnx", "--out", tmp_path / "onnx")
    assert code == 2
    assert errors.startswith("error: the ONNX graph gives something else than the model: largest difference")
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
