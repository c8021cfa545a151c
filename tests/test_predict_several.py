"""Models that give a text any number of labels: kept, loaded by another process, they give the cell's own labels."""

import contextlib
import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.compose import to_cell, to_settings
from bench.models import kept
from bench.models.card import EXAMPLE
from bench.predict.__main__ import main
from bench.results import store
from bench.results.record import Status
from bench.running.run import run_cell
from tests.support.cli import bench, composed
from tests.support.methods import CLASSICAL, family_of
from tests.test_multi_label import LABELS, file, words  # noqa: F401 - a fixture

TRAINED = ("method=lora", "training.num_train_epochs=2", "training.learning_rate=1e-2", "training.precision=fp32")
CELLS: dict[str, tuple[str, ...]] = {family_of(kind): (f"model={family_of(kind)}",) for kind in CLASSICAL} | {
    "top k": ("model=tfidf_sgd", "training.thresholds=top_k"),
    "by label": ("model=tfidf_logistic", "training.thresholds=validation", "model.analyzer=char"),
    "probe": ("model=bert_base", "method=linear_probe"),
    "lora": ("model=bert_base", *TRAINED),
    "windows": ("model=bert_base", *TRAINED, "training.max_length=8", "training.windows=mean"),
    "zero-shot": ("model=llama3_2_1b", "method=zero_shot", "method.answers=[coach,firm]", "method.calibrate=true",
                  "method.precision=fp32"),
    "zero-shot, cut": ("model=gpt2", "method=zero_shot", "method.answers=[coach,firm]", "method.max_length=4",
                       "method.question='{text}: {label}?'", "method.label_words={ball:goal,late:coach,money:bank}",
                       "method.precision=fp32", "training.truncation=tail", "training.thresholds=top_k"),
    "setfit": ("model=bert_base", "method=setfit", "method.max_steps=4"),
    "setfit, cut": ("model=bert_base", "method=setfit", "method.max_steps=4", "method.max_length=6",
                    "training.truncation=tail", "training.thresholds=validation", "training.class_weight=balanced"),
    "last block": ("model=bert_base", "method=last_block", *TRAINED[1:]),
}  # fmt: skip
STANDS_IN = {"model=bert_base": "bert", "model=llama3_2_1b": "llama", "model=gpt2": "gpt2"}
"""The tiny model in the place of each."""


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory, file: Path, tiny_models: dict[str, Path]) -> Any:  # noqa: F811
    """The folder of a cell that kept its model, and its predictions for test texts."""
    made: dict[str, tuple[Path, pd.DataFrame]] = {}

    def of(name: str) -> tuple[Path, pd.DataFrame]:
        if name not in made:
            folder = tmp_path_factory.mktemp("cell")
            tiny = STANDS_IN.get(CELLS[name][0])
            more = (f"model.path={tiny_models[tiny]}",) if tiny else ()
            content = composed(*words(file, f"results_dir={folder}", "save_model=true", *CELLS[name], *more))[0]
            cell, settings = to_cell(content), to_settings(content)
            record = run_cell(cell, settings)
            assert record.status is Status.OK, record.failure
            predictions = store.read_predictions(cell.folder(folder), record)
            assert predictions is not None
            texts = pd.read_parquet(next(folder.rglob(str(record.texts_file)))).set_index("id")["text"]
            test = predictions[predictions["split"] == "test"]
            made[name] = cell.folder(folder), test.assign(text=texts.loc[test["id"]].to_numpy())
        return made[name]

    return of


def base(name: str, tiny_models: dict[str, Path]) -> list[str]:
    """Where the base model is, of what is kept without it."""
    if CELLS[name][0] not in STANDS_IN or name == "last block" or name.startswith("setfit"):
        return []
    return ["--model-path", str(tiny_models[STANDS_IN[CELLS[name][0]]])]


@pytest.mark.parametrize("name", CELLS)
def test_the_kept_model_gives_the_labels_of_the_cell(
    name: str, keep: Any, tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    folder, test = keep(name)
    test[["text"]].to_csv(tmp_path / "texts.csv", index=False)
    out = tmp_path / "out.csv"
    options = ["--file", str(tmp_path / "texts.csv"), "--out", str(out), "--device", "cpu"]
    assert main([str(folder), *options, *base(name, tiny_models)]) == 0
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    expected = np.stack(test["probabilities"].to_numpy())
    found = np.asarray([[float(row[f"probability_{label}"]) for label in LABELS] for row in rows])
    assert np.abs(found - expected).max() < 1e-5
    assert [set(json.loads(row["predicted"])) for row in rows] == [set(given) for given in test["predicted"]]


@pytest.mark.parametrize("name", [name for name in CELLS if name != "last block"])
def test_the_code_of_the_card_does_so(
    name: str, keep: Any, tmp_path: Path, tiny_models: dict[str, Path], capsys: Any
) -> None:
    """With plain libraries, from the model's folder."""
    folder, test = keep(name)
    model = tmp_path / "model"
    shutil.copytree(folder / kept.MODEL, model)
    card = (model / kept.CARD).read_text(encoding="utf-8")
    assert "Gives texts any of 3 labels" in card
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    code = re.sub(r'\n +revision="[^"]*",|, revision="[^"]*"', "", code)
    if (tiny := STANDS_IN.get(CELLS[name][0])) is not None:
        code = re.sub(r'from_pretrained\("[^"/]+/[^"]+"', f"from_pretrained({str(tiny_models[tiny])!r}", code)
        code = re.sub(r'"google-bert/bert-base-uncased"', repr(str(tiny_models[tiny])), code)
    variables: dict[str, Any] = {}
    capsys.readouterr()
    with contextlib.chdir(model):
        exec(code.replace(f'["{EXAMPLE}"]', repr(list(test["text"]))), variables)
    expected = np.stack(test["probabilities"].to_numpy())
    assert np.abs(np.asarray(variables["probabilities"]) - expected).max() < 1e-5
    printed = capsys.readouterr().out.splitlines()
    given = [set() if line == "(none)" else {part.rsplit(" ", 1)[0] for part in line.split(", ")} for line in printed]
    assert given == [set(labels) for labels in test["predicted"]]


def test_the_best_labels(keep: Any, capsys: Any) -> None:
    """`--top K` gives K labels, the most probable one first, whatever the thresholds are."""
    folder, test = keep("tfidf_sgd")
    texts = list(test["text"])[:20]
    assert main([str(folder), *texts, "--top", "2", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for row in rows:
        best = sorted(row["probabilities"], key=lambda label: -row["probabilities"][label])
        assert row["labels"] == best[:2]
    assert main([str(folder), texts[0], "--top", "4"]) == 2
    assert "--top 4: the model has 3 labels" in capsys.readouterr().err


def test_one_label_a_text_has_no_best_labels(tmp_path: Path, capsys: Any) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("text,label\n" + "".join(f"goal match {n},sport\nprofit share {n},money\n" for n in range(40)))
    one = (f"data.path={data}", "data=file", "model=majority", "num_labels=2", "train_size=20", "save_model=true")
    assert bench(*one, "device=cpu", folder=tmp_path / "results").returncode == 0
    folder = next((tmp_path / "results").rglob("record.json")).parent
    assert "kind" not in json.loads((folder / kept.MODEL / kept.FILE).read_text())
    assert main([str(folder), "a goal", "--top", "1"]) == 2
    assert "this one gives a text one label" in capsys.readouterr().err


def test_what_is_skipped_and_what_has_no_label(keep: Any, tmp_path: Path, capsys: Any) -> None:
    folder, _ = keep("tfidf_sgd")
    description = folder / kept.MODEL / kept.FILE
    content = json.loads(description.read_text())
    out = tmp_path / "out.jsonl"
    path = tmp_path / "texts.csv"
    path.write_text('text\ncoach firm\n""\n')
    assert main([str(folder), "--file", str(path), "--out", str(out), "--on-empty", "skip"]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows[1]["labels"] is None
    assert rows[1]["probabilities"] is None
    assert set(rows[0]["probabilities"]) == set(LABELS)
    assert content["kind"] == "multi_label"
