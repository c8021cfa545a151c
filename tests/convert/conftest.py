"""Kept models of every family and way to read texts, and the command on them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.convert.__main__ import main
from bench.convert.about import FILE
from bench.convert.parity import EXACT
from bench.models.card import EXAMPLE
from tests.support import cli
from tests.support.kept import Keeper, Trained
from tests.test_multi_label import rows_of

LORA: dict[str, Any] = {"name": "lora"}
CELLS: dict[str, tuple[str, dict[str, Any], str, dict[str, Any]]] = {
    "bert": ("bert", LORA, "fp32", {}),
    "modernbert": ("modernbert", LORA, "fp32", {"max_length": 32}),
    "distilbert": ("distilbert", {"name": "full"}, "fp32", {}),
    "llama": ("llama", LORA, "fp32", {"max_length": 16}),
    "qwen2": ("qwen2", LORA, "fp32", {"max_length": 16}),
    "gpt2": ("gpt2", {"name": "last_block"}, "fp32", {}),
    "gemma3": ("gemma3", LORA, "fp32", {"max_length": 48}),
    "gemma3 in bf16": ("gemma3", {"name": "last_block"}, "bf16", {}),
    "dora": ("bert", LORA | {"use_dora": True}, "fp32", {}),
    "qlora": ("llama", {"name": "qlora"}, "bf16", {}),
    "qlora gpt2": ("gpt2", {"name": "qlora"}, "bf16", {}),
    "ia3": ("gpt2", {"name": "peft", "peft_type": "IA3"}, "fp32", {}),
    "adalora": ("bert", {"name": "peft", "peft_type": "ADALORA"}, "fp32", {}),
    "norms": ("llama", {"name": "peft", "peft_type": "LN_TUNING", "load_in_4bit": True}, "bf16", {}),
    "prompt": ("llama", {"name": "peft", "peft_type": "PROMPT_TUNING"}, "fp32", {}),
    "tail": ("bert", LORA, "fp32", {"max_length": 6, "truncation": "tail"}),
    "head_tail": ("bert", LORA, "fp32", {"max_length": 6, "truncation": "head_tail"}),
    "windows": ("bert", LORA, "fp32", {"max_length": 5, "windows": "mean", "max_windows": 2}),
    "thresholds": (
        "bert",
        LORA,
        "fp32",
        {"thresholds": "validation", "best_metric": "macro_f1", "learning_rate": 2e-3, "num_train_epochs": 2},
    ),
    "several": ("bert", LORA, "fp32", {"thresholds": "validation"}),
    "top_k": ("distilbert", {"name": "full"}, "fp32", {"thresholds": "top_k"}),
    "probe": ("bert", {"name": "linear_probe"}, "fp32", {}),
    "probe last token": ("llama", {"name": "linear_probe"}, "fp32", {}),
    "probe several": ("bert", {"name": "linear_probe"}, "fp32", {}),
    "probe windows": ("bert", {"name": "linear_probe", "max_length": 5}, "fp32", {"windows": "mean"}),
    "zero_shot": ("llama", {"name": "zero_shot", "prompt": "{text} is about"}, "fp32", {}),
    "tfidf": ("tfidf_sgd", LORA, "fp32", {}),
}
"""By name: family, method, precision, training."""
SEVERAL = ("several", "top_k", "probe several")
"""Those whose texts have any number of labels."""


@pytest.fixture(scope="session")
def keeper(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Keeper:
    root = tmp_path_factory.mktemp("converted")
    (root / "tickets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows_of()))
    return Keeper(root, mirror)


@pytest.fixture
def cell(keeper: Keeper) -> Any:
    """Runs a cell of `CELLS` when it is first asked for."""

    def get(name: str) -> Trained:
        more: dict[str, Any] = {}
        if name in SEVERAL:
            data = {"name": "tickets", "source": "file", "path": str(keeper.root / "tickets.jsonl")}
            more = {
                "data": data,
                "task": "multi_label",
                "num_labels": 3,
                "train_size": 100,
                "split": {"name": "natural"},
            }
        if name == "tfidf":
            more = {"model": {"name": "tfidf", "family": "tfidf_sgd"}}
        return keeper.kept(name, *CELLS[name], **more)

    return get


@pytest.fixture
def convert(mirror: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command in this process: exit code, standard output, standard error."""

    return lambda *arguments: cli.in_process(main, [*arguments, "--mirror-dir", mirror], capsys)


@pytest.fixture
def card_code(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the code of the card in a folder on other texts: the variables that it leaves."""

    def run(folder: Path, texts: list[str]) -> dict[str, Any]:
        card = (folder / "README.md").read_text(encoding="utf-8")
        assert card.count("```python\n") == 1
        code = card.partition("```python\n")[2].partition("```")[0]
        assert f'texts = ["{EXAMPLE}"]' in code
        assert "bench" not in code
        monkeypatch.chdir(folder)
        variables: dict[str, Any] = {}
        exec(code.replace(f'["{EXAMPLE}"]', repr(texts)), variables)
        variables["probabilities"] = np.asarray(variables["probabilities"])
        return variables

    return run


@pytest.fixture
def check(cell: Any, convert: Any, card_code: Any, tmp_path: Path) -> Any:
    """That the card's code gives what the cell predicted, up to a bound."""

    def run(name: str, bound: float = EXACT) -> None:
        kept, folder = cell(name), tmp_path / "onnx"
        code, printed, errors = convert(kept.folder, "--to", "onnx", "--out", folder)
        assert (code, errors) == (0, "")
        assert "largest difference of a probability" in printed
        variables = card_code(folder, list(kept.texts))
        assert not {"torch", "transformers"} & set(variables)
        assert np.abs(variables["probabilities"] - kept.probabilities).max() < bound
        assert variables["labels"] == kept.labels
        about = json.loads((folder / FILE).read_text())
        assert about["max_difference"] <= bound
        assert about["eight_bits"] is None

    return run
