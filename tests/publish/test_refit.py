"""What `bench best` kept: its scores are those of the cells, and are called so; its list of files goes with it."""

import json
import shutil
from pathlib import Path
from statistics import fmean

import pytest
from huggingface_hub import ModelCard

from bench.best.__main__ import main as best
from bench.models import kept as kept_models
from bench.models import refitted
from bench.models.kept import CARD
from bench.models.refitted import Refitted
from bench.predict.__main__ import main as predict
from bench.publish.__main__ import main
from bench.results import store
from tests.publish.test_publish import NAME, Kept
from tests.support import cli
from tests.support.hub import Hub
from tests.support.texts import topics


@pytest.fixture(scope="module")
def refit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("best")
    topics(40, labels=("sport", "business")).to_csv(folder / "topics.csv", index=False)
    words = (
        "data=file", f"data.path={folder / 'topics.csv'}", "data.name=topics", "split=nested_small", "num_labels=2",
        "train_size=8", "seed=0,1", "model=tfidf_sgd,majority", "name=topics", "device=cpu",
        *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")),
    )  # fmt: skip
    assert cli.call("-m", *words) == 0
    assert best([*words, "--row", "tfidf_sgd", "--out", str(folder / "mine")]) == 0
    return folder


def test_the_card_gives_the_mean_of_the_cells_and_calls_it_so(
    refit: Path, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(refit / "mine"), "--repo-id", NAME, "--yes"]) == 0
    assert "this model was trained on all rows, and so has no test score of its own" in capsys.readouterr().out
    files = hub.repositories[NAME].branches["main"]
    records = [store.read(path.parent) for path in (refit / "results").rglob("record.json")]
    scores = [each.measurements.test.accuracy for each in records if each.configuration.model == "tfidf_sgd"]
    (first, *_) = ModelCard(files[CARD].decode()).data["eval_results"]
    assert first.metric_value == fmean(scores)
    assert first.metric_name == "accuracy, mean of 2 cells, trained on 8 examples each"
    assert first.dataset_args["seeds"] == [0, 1]
    for path, content in files.items():
        (tmp_path / path).write_bytes(content)
    assert predict([str(tmp_path), "goal match team"]) == 0
    assert capsys.readouterr().err == ""  # its files are those of refit.json


def test_without_a_card_it_says_what_makes_one(refit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = shutil.copytree(refit / "mine", tmp_path / "mine")
    (mine / CARD).unlink()
    assert main([str(mine), "--repo-id", NAME]) == 2
    assert f"has no card ({CARD}), which a published model needs: {refitted.AGAIN}" in capsys.readouterr().err


def test_another_mean_is_refused(refit: Path, hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = shutil.copytree(refit / "mine", tmp_path / "mine")
    card = ModelCard((mine / CARD).read_text())
    card.data["eval_results"][0].metric_value -= 0.25
    card.save(mine / CARD)
    assert main([str(mine), "--repo-id", NAME, "--yes"]) == 2
    assert "and the cells' mean accuracy is" in capsys.readouterr().err
    assert hub.asked == []


def test_its_list_of_files_goes_with_the_name_of_its_base(kept: Kept, hub: Hub, tmp_path: Path) -> None:
    mine = shutil.copytree(kept("lora") / "model", tmp_path / "mine")
    Refitted(
        experiment="topics", row="bert lora", cells={}, examples_sha256="", num_rows=80, epochs=1.0, learning_rate=1e-3,
        chosen={}, metric="accuracy", expected={"estimate": 0.5, "low": 0.4, "high": 0.6}, packages={},
        model_files=kept_models.file_hashes(mine),
    ).write(mine)  # fmt: skip
    assert main([str(mine), "--repo-id", NAME, "--yes", "--base-id", "acme/bert"]) == 0
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    for path, content in hub.repositories[NAME].branches["main"].items():
        (fetched / path).write_bytes(content)
    refitted.check(fetched, refitted.read(fetched))
    assert json.loads((fetched / "adapter_config.json").read_text())["base_model_name_or_path"] == "acme/bert"
