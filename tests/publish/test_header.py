"""Headers of cards as their owners, editors and programs leave them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from bench.models.kept import CARD, FILE
from bench.publish.__main__ import main
from tests.publish.test_publish import NAME, Kept, copied
from tests.support.hub import Hub

Edited = Callable[[Callable[[str], str]], int]
OWN = """  - task: {type: text-classification}
    dataset: {name: other, type: other, args: ARGS}
    metrics: [{type: accuracy, value: 0.5, name: accuracy}]
---
"""


@pytest.fixture
def edited(kept: Kept, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Edited:
    """The exit code for a cell whose card was changed."""
    copied(kept("tfidf_logistic"), tmp_path / "cell", lambda record: None)
    path = tmp_path / "cell/model" / CARD
    text = path.read_text().replace("license: unknown", "license: mit")

    def publish(change: Callable[[str], str]) -> int:
        path.write_bytes(change(text).encode())
        return main([str(tmp_path / "cell"), "--repo-id", NAME, "--yes"])

    return publish


WRITTEN = {
    "by Windows' editor": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "with blanks behind its bounds": lambda text: text.replace("---\n", "--- \n", 2),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_header_is_found(how: str, edited: Edited, hub: Hub) -> None:
    assert edited(WRITTEN[how]) == 0
    sent = hub.repositories[NAME].branches["main"][CARD].decode()
    assert ModelCard(sent).data["license"] == "mit"
    assert sent.count("pipeline_tag") == 1


def of_another(args: str) -> Callable[[str], str]:
    return lambda text: text.replace("---\n\n", OWN.replace("ARGS", args) + "\n", 1)


REFUSED = {
    "no end": (lambda text: text.partition("model-index:")[0], "begins a header with --- that no second --- ends"),
    "arguments without names": (of_another("[1]"), "model-index: args of other are no names with values"),
    "a score that is true": (
        lambda text: text.replace("value: 1.0", "value: true", 1),
        "True of accuracy is no number",
    ),
    "the same data by another name": (
        lambda text: text.replace("name: topics", "name: Ours", 1).replace("value: 1.0", "value: 0.2", 1),
        "gives 0.2 as accuracy, and accuracy of the record is 1",
    ),
    "other examples": (
        lambda text: text.replace("test_examples: 39", "test_examples: 4000").replace("value: 1.0", "value: 0.2", 1),
        "gives 0.2 as accuracy, and accuracy of the record is 1",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_header_that_says_something_else(
    what: str, edited: Edited, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    change, message = REFUSED[what]
    assert edited(change) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert hub.asked == []


def test_scores_of_other_data_stay(edited: Edited, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert edited(of_another("{test_examples: many}")) == 0
    assert "accuracy: 0.5000 on other\n" in capsys.readouterr().out
    results = ModelCard(hub.repositories[NAME].branches["main"][CARD].decode()).data["eval_results"]
    assert [each.dataset_name for each in results] == ["topics"] * 3 + ["other"]


def test_the_commit_of_the_base_goes_with_its_name(kept: Kept, hub: Hub, tmp_path: Path) -> None:
    copied(kept("lora"), tmp_path / "cell", lambda record: None)
    model, commit = tmp_path / "cell/model", "5" * 40
    content = json.loads((model / FILE).read_text())
    content["model"]["revision"] = commit
    alone = tmp_path / "alone"
    model.rename(alone)
    (alone / FILE).write_text(json.dumps(content))
    text = (alone / CARD).read_text()
    text = text.replace('-uncased",\n', f'-uncased",\n    revision="{commit}",\n', 1)
    (alone / CARD).write_text(text.replace("-uncased` on the hub", f"-uncased` on the hub, revision `{commit}`"))
    assert main([str(alone), "--repo-id", NAME, "--yes", "--base-id", "acme/bert"]) == 0
    sent = hub.repositories[NAME].branches["main"][CARD].decode()
    assert '"acme/bert",\n    num_labels=3,' in sent
    assert "`acme/bert` on the hub." in sent
    assert commit not in sent


def test_an_adapter_that_cannot_be_read(
    kept: Kept, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied(kept("lora"), tmp_path / "cell", lambda record: None)
    alone = (tmp_path / "cell/model").rename(tmp_path / "alone")
    for content in ("{", "[]"):
        (alone / "adapter_config.json").write_text(content)
        assert main([str(alone), "--repo-id", NAME, "--yes", "--base-id", "acme/bert"]) == 2
        assert f"error: {alone} cannot be read: " in capsys.readouterr().err
