"""`bench best` where texts have several labels: the row is trained on all rows, and gives labels as its cells did."""

import csv
import json
import random
import statistics
from pathlib import Path

import numpy as np
import pytest
import yaml

from bench.best.__main__ import main
from bench.methods.decisions import Decision
from bench.models import kept
from bench.predict.__main__ import main as predict
from tests.support import cli
from tests.test_multi_label import rows_of

THRESHOLDS = {"none": "none", "own": "validation", "one": "shared", "number": "top_k"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    (folder / "tickets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in noisy_rows()))
    return folder


def noisy_rows() -> list[dict]:
    """Some labels were forgotten, so that validation chooses something."""
    draw = random.Random(0)
    rows = rows_of()
    return [{**row, "label": [label for label in row["label"] if draw.random() < 0.6]} for row in rows]


def words_of(folder: Path, thresholds: str) -> tuple[str, ...]:
    return (
        "data=file", "data.name=tickets", f"data.path={folder / 'tickets.jsonl'}", "task=multi_label",
        "model=tfidf_logistic,majority", "train_size=60,100", "seed=0,1", f"name={thresholds}",
        f"training.thresholds={THRESHOLDS[thresholds]}", "device=cpu",
        *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")),
    )  # fmt: skip


@pytest.mark.parametrize("thresholds", THRESHOLDS)
def test_the_row_gives_labels_by_what_validation_chose(thresholds: str, folder: Path, tmp_path: Path) -> None:
    words, out = words_of(folder, thresholds), tmp_path / "mine"
    assert cli.call("-m", *words) == 0
    assert main([*words, "--out", str(out)]) == 0
    model = kept.read(out)
    assert model.kind == "multi_label"
    assert model.model.family == "tfidf_logistic"
    found = chosen(folder / "results", THRESHOLDS[thresholds])
    if thresholds == "number":
        assert model.top_k == statistics.median_low([each["top_k"] for each in found])
    else:
        wanted = {
            "none": lambda label: 0.5,
            "one": lambda label: statistics.median([each["threshold"] for each in found]),
            "own": lambda label: statistics.median([each["label_thresholds"][label] for each in found]),
        }[thresholds]
        assert model.label_thresholds == pytest.approx([wanted(label) for label in model.labels])

    card = (out / "README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert "Confusion matrix" not in card
    assert "Gives texts any of" in card
    assert any("subset accuracy" in str(metric) for metric in front["model-index"][0]["results"][0]["metrics"])

    texts = tmp_path / "texts.csv"
    texts.write_text("text\n" + "\n".join(row["text"] for row in rows_of()) + "\n")
    assert predict([str(out), "--file", str(texts), "--out", str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = [f"probability_{label}" for label in model.labels]
    for row in rows:
        probabilities = np.asarray([[float(row[name]) for name in names]])
        given = Decision(model.label_thresholds, model.top_k).given(probabilities)[0]
        assert set(json.loads(row["predicted"])) == {
            label for label, has in zip(model.labels, given, strict=True) if has
        }
    if thresholds != "none":  # half is much for labels that were forgotten
        assert any(json.loads(row["predicted"]) for row in rows)


def chosen(results: Path, how: str) -> list[dict]:
    """What the cells of the row that learns chose where they had most examples."""
    records = [json.loads(path.read_text()) for path in results.rglob("record.json")]
    here = [
        one
        for one in records
        if one["configuration"]["model"] == "tfidf_logistic" and one["measurements"]["examples"]["num_train"] == 100
    ]
    found = [one["measurements"]["choices"].get("thresholds", {}) for one in here]
    return [one for one in found if one.get("how", "none") == how]


def test_a_row_that_learns_nothing_gives_labels_by_its_thresholds(
    folder: Path, tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    words = (
        "data=file", "data.name=tickets", f"data.path={folder / 'tickets.jsonl'}", "task=multi_label", "name=asked",
        "model=llama3_2_1b", f"model.path={tiny_models['llama']}", "method=zero_shot", "method.answers=[coach,firm]",
        "train_size=60", "seed=0", "device=cpu",
        *(f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")),
    )  # fmt: skip
    assert cli.call("-m", *words) == 0
    assert main([*words, "--out", str(tmp_path / "mine")]) == 0
    (record,) = (json.loads(path.read_text()) for path in (tmp_path / "results").rglob("record.json"))
    model = kept.read(tmp_path / "mine")
    assert model.method is not None
    assert model.method.label == "zero_shot"
    found = record["measurements"]["choices"]["thresholds"]["threshold"]
    assert model.label_thresholds == pytest.approx([found] * 3)
