"""What `bench convert` made is published with scores that are said to be of the model before; no path is in a graph."""

import json
import re
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from bench.convert import about
from bench.convert.__main__ import main as convert
from bench.models.kept import CARD
from bench.predict.__main__ import main as predict
from bench.publish.__main__ import main
from bench.results import store
from tests.publish.test_publish import NAME, Kept, files_of
from tests.support.hub import Hub


@pytest.fixture(params=["merged", "onnx"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def out(form: str, kept: Kept, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "converted"
    assert convert([str(kept("lora")), "--to", form, "--out", str(folder), "--mirror-dir", str(mirror)]) == 0
    capsys.readouterr()
    return folder


def test_a_converted_model(out: Path, form: str, kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(out), "--repo-id", NAME, "--yes"]
    assert main(words) == 2
    printed = capsys.readouterr()
    assert "labels: business, odd, 'quoted', sport" in printed.out
    assert "its base was read from a folder" in printed.err
    assert main([*words, "--base-id", "acme/bert"]) == 0
    sent = dict(hub.repositories[NAME].branches["main"])
    del sent[".gitattributes"]
    data = ModelCard(sent.pop(CARD).decode()).data
    record = store.read(kept("lora"))
    first = data["eval_results"][0]
    assert first.metric_value == record.measurements.test.accuracy
    assert first.metric_name == f"accuracy, before it was converted to {form}"
    assert (data["base_model"], data["base_model_relation"]) == ("acme/bert", "finetune")
    assert data["library_name"] == {"merged": "transformers", "onnx": "onnx"}[form]
    assert json.loads(sent.pop(about.FILE))["kept"]["model"]["id"] == "acme/bert"
    there = files_of(out)
    assert sent == {name: there[name] for name in there if name not in (CARD, about.FILE)}
    assert not [name for name, content in sent.items() if re.search(rb"/(tmp|home|root|work)/[\w.]+/", content)]
    assert "bench predict" not in capsys.readouterr().out.partition("published: ")[2]
    assert predict([str(out), "goal match team"]) == 2
    assert "made, and runs without this program: README.md there has the code" in capsys.readouterr().err
    (out / "config.json").write_text("{}")
    assert main(words) == 2
    assert "(changed: config.json): `bench convert` makes it again" in capsys.readouterr().err


def test_what_was_fetched_is_published_again_as_it_is(
    out: Path, form: str, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(out), "--repo-id", NAME, "--yes", "--base-id", "acme/bert"]) == 0
    sent = hub.repositories[NAME].branches["main"]
    (out / CARD).write_bytes(sent[CARD])
    assert main([str(out), "--repo-id", NAME, "--yes", "--base-id", "acme/bert"]) == 0
    assert hub.repositories[NAME].branches["main"][CARD].decode().count("accuracy, before it was converted") == 1
    assert f"before it was converted to {form}, before" not in sent[CARD].decode()


def test_without_a_card_it_says_what_makes_one(
    kept: Kept, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "converted"
    assert convert([str(kept("lora")), "--to", "merged", "--out", str(out), "--mirror-dir", str(mirror)]) == 0
    (out / CARD).unlink()
    assert main([str(out), "--repo-id", NAME]) == 2
    assert f"has no card ({CARD}), which a published model needs: {about.AGAIN}" in capsys.readouterr().err
