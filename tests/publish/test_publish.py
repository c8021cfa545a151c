"""`bench publish`: what the hub receives is what the folder holds, with a card whose numbers are the record's."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from bench import __version__
from bench.models.header import SHOWN
from bench.models.kept import CARD
from bench.predict.__main__ import main as predict
from bench.publish.__main__ import main
from bench.results import serving, store
from tests.publish.conftest import KINDS
from tests.support import cli
from tests.support.hub import TOKEN, Hub

Kept = Callable[[str], Path]
BASES = {name: "google-bert/bert-base-uncased" for name in ("lora", "full", "probe", "setfit")}
BASES["zero_shot"] = "meta-llama/Llama-3.2-1B"
NAME = "me/tickets"


def words_for(name: str, folder: Path) -> list[str]:
    """The command line for a kept model of this kind; the tests' bases are read from a mirror."""
    base = ["--base-id", BASES[name]] if name in BASES else []
    return [str(folder), "--repo-id", NAME, *base]


def files_of(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("name", KINDS)
def test_the_hub_receives_what_the_folder_holds(
    name: str, kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept(name)
    assert main([*words_for(name, folder), "--yes"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert f"{hub.address}/{NAME}/commit/" in printed.out
    repository = hub.repositories[NAME]
    assert repository.private
    sent, there = dict(repository.branches["main"]), files_of(folder / "model")
    assert sent.pop(".gitattributes") == b""
    card = sent.pop(CARD).decode()
    there.pop(CARD)
    assert sent == there
    assert all(file in printed.out for file in sent)
    _check_card(card, name, folder)


def _check_card(card: str, name: str, folder: Path) -> None:
    record = store.read(folder)
    assert record is not None
    assert record.measurements is not None
    data = ModelCard(card).data
    assert data["pipeline_tag"] == "text-classification"
    assert data["library_name"] == {
        "tfidf_logistic": "sklearn", "several": "sklearn", "lora": "peft", "full": "transformers", "probe": "sklearn",
        "setfit": "sentence-transformers", "zero_shot": "transformers",
    }[name]  # fmt: skip
    assert data["base_model"] == BASES.get(name)
    assert data["license"] == ("apache-2.0" if name in BASES else "unknown")
    kind = "multi_label" if name == "several" else "single_label"
    wanted = [record.measurements.test.metric(metric) for metric in SHOWN[kind]]
    assert [result.metric_value for result in data["eval_results"]] == wanted
    names = [result.metric_name for result in data["eval_results"]]
    assert names[:2] == ["subset accuracy" if name == "several" else "accuracy", "macro F1"]
    assert {result.dataset_args["test_examples"] for result in data["eval_results"]} == {
        record.measurements.examples.num_test
    }


def test_what_a_machine_measured_stays_here(kept: Kept, hub: Hub) -> None:
    folder = kept("tfidf_logistic")
    measured = folder / "model" / serving.FILE
    measured.write_text("{}")
    try:
        assert main([*words_for("tfidf_logistic", folder), "--yes"]) == 0
    finally:
        measured.unlink()
    assert serving.FILE not in hub.repositories[NAME].branches["main"]


PROGRAM = """
import sys
from bench.publish.__main__ import main
code = main()
sys.exit(f"heavy imports: {heavy}" if (heavy := {"torch", "transformers", "sklearn"} & set(sys.modules)) else code)
"""


def test_the_command_speaks_with_the_hub_of_its_environment(kept: Kept, hub: Hub, tmp_path: Path) -> None:
    own = {"HF_ENDPOINT": hub.address, "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": None, "HF_HUB_DISABLE_XET": "1"}
    words = [*words_for("lora", kept("lora")), "--yes"]
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], check=False, cwd=cli.REPOSITORY, capture_output=True, text=True,
        env=cli.environment(tmp_path, own), timeout=60,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"published: {hub.address}/{NAME}/commit/" in ended.stdout
    assert f"hf download {NAME} --local-dir tickets" in ended.stdout
    weights = kept("lora") / "model/adapter_model.safetensors"
    assert hub.repositories[NAME].branches["main"][weights.name] == weights.read_bytes()
    assert hub.repositories[NAME].messages == [f"tiny-bert-lora on topics, by finetune-bench {__version__}"]


@pytest.mark.parametrize("name", ["tfidf_logistic", "lora"])
def test_nothing_is_sent_without_yes(name: str, kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words_for(name, kept(name))) == 0
    out = capsys.readouterr().out
    assert hub.asked == []
    assert "(private)" in out
    assert "--yes sends it" in out
    assert "labels: business, odd, 'quoted', sport" in out
    record = store.read(kept(name))
    assert f"accuracy: {record.measurements.test.accuracy:.4f} on topics, 39 test examples" in out


def test_what_was_published_is_fetched_and_predicts(
    kept: Kept, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept("tfidf_logistic")
    assert main([*words_for("tfidf_logistic", folder), "--yes", "--public"]) == 0
    assert not hub.repositories[NAME].private
    for path, content in hub.repositories[NAME].branches["main"].items():
        (tmp_path / path).write_bytes(content)
    capsys.readouterr()
    assert predict([str(folder), "goal match team", "--json"]) == 0
    before = capsys.readouterr().out
    assert predict([str(tmp_path), "goal match team", "--json"]) == 0
    after = capsys.readouterr()
    assert after.out == before
    assert after.err == f"note: no record of {tmp_path} is here, so its files cannot be checked\n"
    assert predict([str(folder / "model"), "goal match team", "--json"]) == 0
    assert capsys.readouterr() == (before, "")  # with the record above it


def test_a_base_from_a_folder_is_named_by_its_owner(kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(kept("lora")), "--repo-id", NAME, "--yes"]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--base-id google-bert/bert-base-uncased where it is that one" in error
    assert main([*words, "--base-id", "none"]) == 2
    assert "is loaded on top of its base" in capsys.readouterr().err
    assert hub.asked == []
    assert main([*words, "--base-id", "acme/bert"]) == 0
    files = hub.repositories[NAME].branches["main"]
    assert json.loads(files["adapter_config.json"])["base_model_name_or_path"] == "acme/bert"
    assert json.loads(files["classifier.json"])["model"]["id"] == "acme/bert"
    card = files[CARD].decode()
    assert ModelCard(card).data["base_model"] == "acme/bert"
    assert "bert-base-uncased" not in card
    assert '"acme/bert"' in card  # in its code
    assert main([str(kept("tfidf_logistic")), "--repo-id", NAME, "--base-id", "acme/bert"]) == 2
    assert "--base-id has no effect on a model that has no base" in capsys.readouterr().err


def test_weights_that_are_whole_may_have_a_base_on_no_hub(kept: Kept, hub: Hub) -> None:
    assert main([str(kept("full")), "--repo-id", NAME, "--yes", "--base-id", "none", "--license", "mit"]) == 0
    header = ModelCard(hub.repositories[NAME].branches["main"][CARD].decode()).data.to_dict()
    assert "base_model" not in header
    assert "base_model_relation" not in header
    assert header["license"] == "mit"


def test_a_branch_of_its_own(kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    words = words_for("tfidf_logistic", kept("tfidf_logistic"))
    assert main([*words, "--yes", "--revision", "trial/2"]) == 0
    assert f"hf download {NAME} --revision trial/2 --local-dir tickets" in capsys.readouterr().out
    assert main([*words, "--yes", "--revision", "trial/2"]) == 0
    branches = hub.repositories[NAME].branches
    assert set(branches["main"]) == {".gitattributes"}
    assert "terms.json" in branches["trial/2"]
    *_, fetched, used = capsys.readouterr().out.splitlines()
    assert fetched.split() == ["hf", "download", NAME, "--revision", "trial/2", "--local-dir", "tickets"]
    assert used.startswith("  bench predict tickets ")


def test_another_model_is_not_mixed_with_what_is_there(
    kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words_for("lora", kept("lora")), "--yes"]) == 0
    words = [*words_for("tfidf_logistic", kept("tfidf_logistic")), "--yes"]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "adapter_config.json, adapter_model.safetensors, tokenizer.json and 1 more" in error
    assert "terms.json" not in hub.repositories[NAME].branches["main"]
    assert main([*words, "--replace"]) == 0
    there = set(hub.repositories[NAME].branches["main"])
    assert there == {".gitattributes", *files_of(kept("tfidf_logistic") / "model")}
    assert len(hub.repositories[NAME].messages) == 2


@pytest.mark.parametrize(("is_there", "given"), [("private", "--public"), ("public", "--private")])
def test_who_may_see_it_is_not_left_to_what_is_there(
    is_there: str, given: str, kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*words_for("tfidf_logistic", kept("tfidf_logistic")), "--yes"]
    assert main([*words, f"--{is_there}"]) == 0
    hub.asked.clear()
    assert main([*words, given, "--revision", "trial"]) == 2
    assert set(hub.repositories[NAME].branches) == {"main"}
    assert f"{NAME} is there already, and is {is_there}" in capsys.readouterr().err
    assert not [path for path in hub.asked if "commit" in path]


def copied(folder: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> None:
    for path, content in files_of(folder).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)
    record = json.loads((target / store.RECORD).read_text())
    change(record)
    (target / store.RECORD).write_text(json.dumps(record))


def test_what_its_owner_wrote_into_the_card_stays_but_for_other_scores(
    kept: Kept, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied(kept("tfidf_logistic"), tmp_path, lambda record: None)
    path = tmp_path / "model" / CARD
    text = path.read_text()
    path.write_text(text.replace("license: unknown", "license: mit\nlanguage: en").replace("# my-", "# Our "))
    assert main([str(tmp_path), "--repo-id", NAME, "--yes"]) == 0
    card = ModelCard(hub.repositories[NAME].branches["main"][CARD].decode())
    assert (card.data["license"], card.data["language"]) == ("mit", "en")
    assert "# Our tfidf" in card.text
    path.write_text(text.replace("value: 1.0", "value: 1.25", 1))
    capsys.readouterr()
    assert main([str(tmp_path), "--repo-id", NAME, "--yes"]) == 2
    assert "gives 1.25 as accuracy, and accuracy of the record is 1: correct its model-index" in capsys.readouterr().err
    path.write_text(text.partition("---\n\n")[2])  # no header at all, as others write cards
    assert main([str(tmp_path), "--repo-id", NAME, "--yes"]) == 0
    card = ModelCard(hub.repositories[NAME].branches["main"][CARD].decode())
    assert card.data["eval_results"][0].metric_value == 1
    assert card.data["library_name"] == "sklearn"
    path.write_text("---\nlicense: [mit\n---\n" + text)
    capsys.readouterr()
    assert main([str(tmp_path), "--repo-id", NAME, "--yes"]) == 2
    assert "is none that the hub can read" in capsys.readouterr().err
