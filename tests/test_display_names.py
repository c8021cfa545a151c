"""What people call models, methods and data sets: in the answer and the charts, never in a key."""

import json
from pathlib import Path

import pytest
import yaml

from bench.compose import to_cell
from bench.options.display import display_name
from bench.options.folder import CONF
from bench.sweep.displayed import displayed_data, displayed_row
from tests.support.cli import bench, composed
from tests.support.texts import topics


def test_a_name_is_no_part_of_a_key() -> None:
    words = ("model=tfidf_sgd", "data=bbc_headlines", "num_labels=5", "train_size=32")
    plain = to_cell(*composed(*words))
    other = to_cell(*composed(*words, "model.display_name=Mine", "data.display_name=News"))
    assert plain.key == other.key
    assert displayed_row(plain, ("tfidf_sgd", None)) == "TF-IDF"
    assert (displayed_row(other, ("tfidf_sgd", None)), displayed_data(other)) == ("Mine", "News")


def test_what_tells_rows_apart_stays_behind_the_name() -> None:
    cell = to_cell(*composed("model=minilm", "method=lora"))
    assert displayed_row(cell, ("minilm", "lora r=4")) == "MiniLM, LoRA r=4"
    assert displayed_row(cell, ("minilm data=x.csv", "lora")) == "MiniLM data=x.csv, LoRA"


def test_a_preset_s_name_does_not_go_with_another_model() -> None:
    assert display_name("model", "mine", "BERT base") == "mine"
    assert display_name("model", "bert_base", "BERT base") == "BERT base"
    assert display_name("model", "mine", "My model") == "My model"
    assert display_name("model", "mine", "") == "mine"


@pytest.mark.parametrize("group", ["model", "method", "data"])
def test_every_preset_has_a_name_of_its_own(group: str) -> None:
    names = {path.stem: _shown(path) for path in sorted((CONF / group).glob("*.yaml"))}
    nameless = {"model": {"predictions"}, "method": {"peft"}, "data": {"file", "folder"}}[group]
    assert {name for name, shown in names.items() if not shown} == nameless
    shown = [text for text in names.values() if text]
    assert len(set(shown)) == len(shown)


def _shown(path: Path) -> str:
    """The name in a file; of `file` and `folder` it is in what they begin with."""
    return str(yaml.safe_load(path.read_text()).get("display_name", ""))


def test_a_report_speaks_of_names_and_its_tables_of_ids(tmp_path: Path) -> None:
    topics(40, labels=("sport", "business")).to_csv(tmp_path / "t.csv", index=False)
    data = ("data=file", f"data.path={tmp_path / 't.csv'}", "data.name=t", "data.display_name=News texts")
    sizes = ("split=nested", "num_labels=2", "train_size=8,16", "seed=0,1", "device=cpu")
    done = bench("-m", "model=tfidf_sgd,majority", *data, *sizes, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (page,) = tmp_path.glob("reports/*/index.html")
    html = page.read_text()
    assert "<h1>Sorting News texts: which model, on how many labelled examples?</h1>" in html
    assert "<h2>Stay with TF-IDF</h2>" in html
    (one,) = json.loads((page.parent / "report.json").read_text())["data_sets"]
    assert {row["id"]: row["name"] for row in one["rows"]} == {
        "tfidf_sgd": "TF-IDF",
        "majority": "Most frequent label",
    }
    assert one["answers"]
    assert one["answers"][0]["baseline"] == "tfidf_sgd"
    assert "tfidf_sgd" in (page.parent / "tables" / "best_rows.csv").read_text()
    assert "TF-IDF" not in (page.parent / "tables" / "best_rows.csv").read_text()
