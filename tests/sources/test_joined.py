"""A GGUF file in pieces, each in a wheel of its own."""

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench.config import TransformerConfig
from bench.errors import UserError
from bench.models import files

PIECES = (b"first ", b"second ", b"third")
WHOLE = b"".join(PIECES)


@pytest.fixture
def model(shelf) -> TransformerConfig:
    parts = [
        replace(shelf.add({f"part{i}/data/big.gguf.{i}": piece}, package=f"part{i}"), root=f"part{i}/data/big.gguf.{i}")
        for i, piece in enumerate(PIECES)
    ]
    return TransformerConfig(
        name="big", family="gemma3", source="wheel", wheel=shelf.add({"tiny/data/terms.txt": b"terms"}),
        gguf="big.gguf", gguf_parts=tuple(parts), gguf_sha256=hashlib.sha256(WHOLE).hexdigest(), licence="Own Terms",
    )  # fmt: skip


def test_pieces_make_up_the_file_once(model, tmp_path: Path, capsys, monkeypatch) -> None:
    folder = files.joined(model, tmp_path)
    assert (folder / "big.gguf").read_bytes() == WHOLE
    assert "big comes under: Own Terms" in capsys.readouterr().err
    assert not list((tmp_path / "wheels").glob(".joined-*"))
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("a second download"))
    assert files.joined(model, tmp_path) == folder
    assert capsys.readouterr().err == ""
    assert files.revision(model, str(folder), None) == model.gguf_sha256


def test_it_is_converted_like_any_other(model, tmp_path: Path, monkeypatch) -> None:
    def convert(folder: Path, gguf: str, target: str) -> None:
        (Path(target) / "seen").write_bytes((folder / gguf).read_bytes())

    monkeypatch.setattr(files, "_convert", convert)
    located = Path(files.locate(model, cache=tmp_path, mirror_dir=None))
    assert (located / "seen").read_bytes() == WHOLE
    monkeypatch.setattr(files, "joined", lambda *a: pytest.fail("joined again"))
    assert files.locate(model, cache=tmp_path, mirror_dir=None) == str(located)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gguf_sha256": "0" * 64}, "make up a file with SHA-256 .*, not 0000"),
        ({"gguf_sha256": None}, "needs model.gguf_sha256"),
    ],
)
def test_what_is_not_the_pinned_file_is_refused(model, change: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        files.joined(replace(model, **change), tmp_path)
    assert not list(tmp_path.rglob("big.gguf"))


def test_the_order_counts(model, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SHA-256"):
        files.joined(replace(model, gguf_parts=model.gguf_parts[::-1]), tmp_path)
