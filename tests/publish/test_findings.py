"""What had better not be public stops a model before anything is sent."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from bench.escape.markdown import escape
from bench.publish.__main__ import main
from tests.publish.test_publish import NAME, Kept
from tests.support.hub import TOKEN, Hub

HEADER = "---\nlicense: mit\n---\n# Ours\n"
CARD, CONFIG = "README.md", "config.json"
FOUND = {
    "a path in the card": (
        CARD,
        f"{HEADER}\nOf /home/jane/tickets.csv.\n",
        "README.md, line 6, has a path of a machine",
    ),
    "a token in the card": (CARD, f"{HEADER}\nHF_TOKEN={TOKEN}\n", "README.md, line 6, has what looks like a password"),
    "a path in a file": (CONFIG, '{"a": {"_name": ["x", "/mnt/nfs/bert"]}}', "at a._name[1], /mnt/nfs/bert: take it"),
    "a path of Windows": (CONFIG, '{"a": "C:\\\\Users\\\\jane"}', "config.json has a path of a machine at a"),
    "a login in a file": (CONFIG, '{"a": "https://jane:pass@host/x"}', "config.json has what looks like a password"),
    "texts": ("texts.csv", "text\nhello\n", "texts.csv may hold texts"),
    "a pickle": ("pytorch_model.bin", "x", "pytorch_model.bin may hold a pickle"),
    "no JSON": (CONFIG, '{"a": ', "config.json cannot be read"),
    "a path within a value": (CONFIG, '{"a": "of /home/jane/x.csv, all"}', "path of a machine at a, /home/jane/x.csv,"),
    "a path as a name": (CONFIG, '{"/home/jane/x": 1}', "config.json has a path of a machine at its top, /home/jane/x"),
    "a password in a file": (CONFIG, '{"a": {"password": "hunter2"}}', "a password or a token at a.password"),
    "a key in a file": (CONFIG, '{"api_key": "abcd1234efgh5678"}', "a password or a token at api_key"),
    "a private key in a file": (CONFIG, '{"a": "-----BEGIN PRIVATE KEY-----\\nMII"}', "a password or a token at a:"),
    "a notebook": (
        "a.ipynb",
        json.dumps({"cells": [{"source": ["x\n", f"login('{TOKEN}')"]}]}),
        "a.ipynb has what looks like a password or a token at cells[0].source[1]",
    ),
    "a log": ("train.log", "read\n/Volumes/T7/jane/x.csv\n", "train.log, line 2, has a path of a machine, /Volumes/T7"),
    "a script": ("run.sh", f"export HF_TOKEN={TOKEN}\n", "run.sh, line 1, has what looks like a password"),
    "settings": ("a.toml", 'password = "hunter2"\n', "a.toml, line 1, has what looks like a password"),
    "a private key": ("id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n", "id_rsa, line 1, has what looks like"),
    "a path of Windows in prose": ("a.txt", "of C:/Users/jane/x\n", "a.txt, line 1, has a path of a machine, C:/Users"),
    "a share": ("a.txt", "of \\\\host\\share\\x\n", "a.txt, line 1, has a path of a machine, \\\\host"),
    "an address of a file": (
        "a.txt",
        "of file:///home/jane/x\n",
        "a.txt, line 1, has a path of a machine, file:///home",
    ),
    "an archive": ("a.csv.gz", "x", "a.csv.gz is packed, and may hold anything: take it out"),
    "an old table": ("a.XLS", "x", "a.XLS may hold texts"),
    "other bytes": ("events.out", "\0x /home/jane/runs/x", "events.out has a path of a machine, /home/jane/runs/x"),
    "a token in bytes": ("events.out", f"\0x {TOKEN}", "events.out has what looks like a password or a token"),
    "no weights": (
        "model.safetensors",
        "version https://git-lfs.github.com/spec/v1\n",
        "model.safetensors cannot be read (it is no file of safetensors)",
    ),
    "deep": (CONFIG, "[" * 20_000 + "]" * 20_000, "config.json cannot be read (maximum recursion"),
    "a graph": ("model.onnx", "\x08File /home/jane/bench/x.py\x12", "model.onnx has a path of a machine, /home/jane"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of another program, with a card."""
    made = tmp_path / "ours"
    made.mkdir()
    (made / "README.md").write_text(HEADER + "\nSee https://host.org/data/home/x, `pad_token=[PAD]` and 3/4/5.\n")
    template = "{{ x(key='abcdefgh12345678') }}"
    config = {"path": "", "vocab": "a/b", "id2label": {"0": "/"}, "chat_template": template, "boi_token": "<image>"}
    (made / "config.json").write_text(json.dumps(config))
    (made / "tokenizer_config.json").write_text(json.dumps({"chat_template": [{"name": "x", "template": template}]}))
    (made / "chat_template.jinja").write_text(template)
    (made / "terms.json").write_text('["of another program"]')
    (made / "tokenizer.json").write_text('{"vocab": {"/home/jane/x": 1}}')
    save_file({"a": np.zeros(2)}, made / "model.safetensors", {"format": "pt"})
    (made / ".cache").mkdir()
    (made / ".cache/secret.csv").write_text("text\n")
    return made


def test_a_folder_with_a_card_is_published(folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--repo-id", NAME, "--yes"]) == 0
    assert capsys.readouterr().err == ""
    files = hub.repositories[NAME].branches["main"]
    assert set(files) == {".gitattributes", *(path.name for path in folder.iterdir() if path.is_file())}
    assert files["model.safetensors"] == (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize("name", FOUND)
def test_what_is_found_stops_it(name: str, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    file, content, message = FOUND[name]
    (folder / file).write_text(content)
    assert main([str(folder), "--repo-id", NAME, "--yes"]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert TOKEN not in printed.out + printed.err
    assert hub.asked == []


def test_what_weights_say_of_themselves_is_looked_at(
    folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    save_file({"a": np.zeros(2)}, folder / "model.safetensors", {"from": "/scratch/jane/run"})
    assert main([str(folder), "--repo-id", NAME, "--yes"]) == 2
    assert "model.safetensors has a path of a machine at from, /scratch/jane/run" in capsys.readouterr().err
    assert hub.asked == []


def test_a_link_is_not_followed(folder: Path, tmp_path: Path, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "passwd").write_text("me")
    (folder / "notes.txt").symlink_to(tmp_path / "passwd")
    assert main([str(folder), "--repo-id", NAME, "--yes"]) == 2
    assert "notes.txt is a link" in capsys.readouterr().err
    assert hub.asked == []


def test_a_kept_model_with_another_file_is_refused(
    kept: Kept, tmp_path: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = shutil.copytree(kept("tfidf_logistic"), tmp_path / "cell")
    (cell / "model/predictions.parquet").write_bytes(b"x")
    assert main([str(cell), "--repo-id", NAME, "--yes"]) == 2
    assert "is not as it was kept (added: predictions.parquet)" in capsys.readouterr().err
    assert hub.asked == []


def test_terms_of_texts_are_counted(kept: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = shutil.copytree(kept("tfidf_logistic") / "model", tmp_path / "alone")
    terms = json.loads((model / "terms.json").read_text())
    terms["terms"][3] = "0049301234567"
    (model / "terms.json").write_text(json.dumps(terms))
    assert main([str(model), "--repo-id", NAME]) == 0
    said = capsys.readouterr().out
    assert f"terms.json has {len(terms['terms'])} terms of the training texts, 1 of them with a number" in said
    assert "'0049301234567'" in said


def test_labels_may_look_like_anything(
    kept: Kept, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = shutil.copytree(kept("zero_shot") / "model", tmp_path / "alone")
    odd = {"sport": "/home/jane/sport", "business": "api_key=abcd1234efgh5678"}
    for path in (model / "README.md", model / "classifier.json"):
        text = path.read_text()
        for label, other in odd.items():
            text = text.replace(f"| {label} |", f"| {escape(other)} |").replace(f"`{label}`", f"`{other}`")
            text = text.replace(f"'{label}'", f"'{other}'").replace(f'"{label}"', f'"{other}"')
        path.write_text(text)
    words = [str(model), "--repo-id", NAME, "--base-id", "acme/x", "--yes"]
    assert main(words) == 0, capsys.readouterr().err
    (model / "README.md").write_text((model / "README.md").read_text() + "\nOf /home/jane/other.\n")
    assert main(words) == 2
    assert "has a path of a machine, /home/jane/other" in capsys.readouterr().err
