"""Folders of somebody else's: no code of theirs runs, nothing asks on standard input, pickles are not read."""

import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch

from bench.predict.__main__ import main
from bench.results import store
from tests.conftest import MODEL_IDS
from tests.support import cli, texts

EVIL = """
from pathlib import Path
Path(r"{marker}").write_text("ran")
from transformers import BertConfig as EvilConfig, BertTokenizerFast as EvilTokenizer, BertModel as EvilModel
from transformers import BertForSequenceClassification as EvilClassifier
"""


def with_own_code(folder: Path, marker: Path) -> None:
    """Make the model in `folder` ask for code that writes `marker`, for a type that transformers does not know."""
    (folder / "evil.py").write_text(EVIL.format(marker=marker))
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.EvilConfig", "AutoModel": "evil.EvilModel"}}
    config["auto_map"]["AutoModelForSequenceClassification"] = "evil.EvilClassifier"
    (folder / "config.json").write_text(json.dumps(config))
    path = folder / "tokenizer_config.json"
    tokenizer = json.loads(path.read_text()) | {"tokenizer_class": "EvilTokenizer"}
    tokenizer["auto_map"] = {"AutoTokenizer": ["evil.EvilTokenizer", "evil.EvilTokenizer"]}
    path.write_text(json.dumps(tokenizer))


@pytest.fixture
def copied(tiny_models: dict[str, Path], tmp_path: Path) -> Path:
    return shutil.copytree(tiny_models["bert"], tmp_path / "model")


@dataclass
class Done:
    code: int
    output: str
    errors: str


def run(tmp_path: Path, folder: Path, method: str = "linear_probe", *more: str) -> Done:
    """`python -m bench` with the model in `folder`, somebody at the keyboard who says yes to everything."""
    texts.topics(40, labels=("sport", "money")).to_csv(tmp_path / "topics.csv", index=False)
    words = [
        "data=file",
        "data.name=topics",
        f"data.path={tmp_path / 'topics.csv'}",
        "train_size=16",
        *more,
    ]
    words += ["model=bert_base", f"model.path={folder}", f"method={method}"]
    if method != "linear_probe":
        words += ["training.max_length=16", "training.num_train_epochs=1"]
    words += [f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")]
    return answered(lambda: cli.call(*words))


def predict(cell: Path, mirror: Path | None) -> Done:
    """`mirror` has the base of adapters; None where a model is kept whole."""
    base = [] if mirror is None else ["--model-path", str(mirror / "models" / MODEL_IDS["bert"])]
    return answered(lambda: main([str(cell), "a text", *base]))


def answered(command: Callable[[], int]) -> Done:
    output, errors = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "stdin", io.StringIO("y\n" * 9)),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        code = command()
    return Done(code, output.getvalue(), errors.getvalue())


@pytest.mark.parametrize("method", ["linear_probe", "lora"])
def test_code_in_a_model_s_folder_does_not_run(method: str, copied: Path, tmp_path: Path) -> None:
    with_own_code(copied, tmp_path / "ran")
    done = run(tmp_path, copied, method)
    assert not (tmp_path / "ran").exists()
    assert done.code != 0
    assert "Do you wish to run" not in done.output + done.errors
    assert "model.trust_remote_code=true" in done.output + done.errors


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_a_pipe_in_a_model_s_folder_is_told_and_not_waited_for(name: str, copied: Path, tmp_path: Path) -> None:
    (copied / name).unlink()
    os.mkfifo(copied / name)
    done = run(tmp_path, copied)
    assert done.code == 2
    assert f"{name} is a pipe" in done.errors


def test_pickled_weights_are_not_read(copied: Path, tmp_path: Path) -> None:
    (weights,) = copied.glob("*.safetensors")
    from safetensors.torch import load_file

    torch.save(load_file(weights), copied / "pytorch_model.bin")
    weights.unlink()
    done = run(tmp_path, copied)
    assert done.code != 0
    assert "pytorch_model.bin and no safetensors" in done.output + done.errors


def test_an_adapter_is_not_followed_to_another_model(copied: Path, tmp_path: Path) -> None:
    (copied / "adapter_config.json").write_text('{"base_model_name_or_path": "/elsewhere", "peft_type": "LORA"}')
    done = run(tmp_path, copied)
    assert done.code != 0
    assert "holds an adapter" in done.output + done.errors


@pytest.fixture(scope="module")
def kept_cell(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a LoRA cell that kept its model."""
    folder = tmp_path_factory.mktemp("kept")
    done = run(folder, mirror / "models" / MODEL_IDS["bert"], "lora", "save_model=true")
    assert done.code == 0, done.errors
    (record,) = (folder / "results").rglob(store.RECORD)
    return record.parent


@pytest.fixture(scope="module")
def kept_whole(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a cell that kept all weights of its model."""
    folder = tmp_path_factory.mktemp("whole")
    done = run(folder, mirror / "models" / MODEL_IDS["bert"], "full", "save_model=true")
    assert done.code == 0, done.errors
    (record,) = (folder / "results").rglob(store.RECORD)
    return record.parent


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200] + bytes(200))


def rename_model(folder: Path) -> None:
    (folder / "model").rename(folder.parent / "other_model")
    content = json.loads((folder / store.RECORD).read_text())
    (folder / store.RECORD).write_text(json.dumps(content | {"model_folder": "../other_model"}))


CHANGES: dict[str, Any] = {
    "missing: tokenizer.json": lambda folder: (folder / "model/tokenizer.json").unlink(),
    "changed: adapter_model.safetensors": lambda folder: truncated(folder / "model/adapter_model.safetensors"),
    "added: special_tokens_map.json": lambda folder: (folder / "model/special_tokens_map.json").write_text("{}"),
    "not followed": rename_model,
}


@pytest.mark.parametrize("message", CHANGES)
def test_a_kept_model_is_used_as_it_was_kept_or_not_at_all(
    message: str, kept_cell: Path, mirror: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(kept_cell, tmp_path / "cell")
    CHANGES[message](folder)
    done = predict(folder, mirror)
    assert (done.code, done.output) == (2, "")
    assert message in done.errors
    assert done.errors.count("\n") == 1


def without_hashes(folder: Path) -> None:
    """As a cell of an earlier version kept it."""
    content = json.loads((folder / store.RECORD).read_text())
    (folder / store.RECORD).write_text(json.dumps(content | {"model_files": None}))


def test_code_beside_a_kept_model_does_not_run(kept_cell: Path, mirror: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(kept_cell, tmp_path / "cell")
    without_hashes(folder)
    model = folder / "model"
    (model / "evil.py").write_text(EVIL.format(marker=tmp_path / "ran"))
    path = model / "tokenizer_config.json"
    tokenizer = json.loads(path.read_text()) | {"tokenizer_class": "EvilTokenizer"}
    tokenizer["auto_map"] = {"AutoTokenizer": ["evil.EvilTokenizer", "evil.EvilTokenizer"]}
    path.write_text(json.dumps(tokenizer))
    done = predict(folder, mirror)
    assert not (tmp_path / "ran").exists()
    assert "Do you wish to run" not in done.output + done.errors


@pytest.mark.parametrize("content", [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"random bytes that are no tensors"])
def test_weights_that_cannot_be_read_are_one_line(
    content: bytes, kept_cell: Path, mirror: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(kept_cell, tmp_path / "cell")
    without_hashes(folder)
    (folder / "model/adapter_model.safetensors").write_bytes(content)
    done = predict(folder, mirror)
    assert (done.code, done.output) == (2, "")
    assert "cannot be loaded" in done.errors
    assert "Traceback" not in done.errors


def test_two_equal_labels_are_refused(kept_cell: Path, mirror: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(kept_cell, tmp_path / "cell")
    path = folder / "model/classifier.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": ["sport", "sport"]}))
    done = predict(folder, mirror)
    assert done.code == 2
    assert "each once" in done.errors


def described_anew(folder: Path, **changes: Any) -> None:
    """With another description, by which the files are not checked."""
    without_hashes(folder)
    path = folder / "model/classifier.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def one_line(done: Done) -> str:
    """What was said last, where a command refused."""
    assert (done.code, done.output) == (2, "")
    assert "Traceback" not in done.errors
    return done.errors.splitlines()[-1]


def test_code_that_a_kept_model_wants_is_refused_with_the_command_s_own_option(
    kept_whole: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(kept_whole, tmp_path / "cell")
    without_hashes(folder)
    with_own_code(folder / "model", tmp_path / "ran")
    said = one_line(predict(folder, None))
    assert "--trust-remote-code runs it" in said
    assert "model.trust_remote_code" not in said
    assert not (tmp_path / "ran").exists()


def test_a_pipe_in_a_kept_model_is_told(kept_cell: Path, mirror: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(kept_cell, tmp_path / "cell")
    (folder / "model/tokenizer.json").unlink()
    os.mkfifo(folder / "model/tokenizer.json")
    without_hashes(folder)
    assert "tokenizer.json is a pipe" in one_line(predict(folder, mirror))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["a", "b", "c"]}, "has 3 labels, but the saved model tells 2"),
        ({"max_length": 3000}, "has max_length 3000"),
    ],
)
def test_a_description_that_does_not_go_with_the_model_is_refused(
    changes: dict[str, Any], message: str, kept_whole: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(kept_whole, tmp_path / "cell")
    described_anew(folder, **changes)
    assert message in one_line(predict(folder, None))
