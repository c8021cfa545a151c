"""Models that are not trained by gradients: kept, and loaded by another process, they predict what the cell did."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.data.read import load_pool
from bench.data.split import draw
from bench.models import kept
from bench.models.card import EXAMPLE
from bench.predict import __main__ as command
from bench.predict import loading
from bench.predict.__main__ import main
from bench.results import store
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.missing import is_wanted
from tests.conftest import MODEL_IDS
from tests.support import cli, texts
from tests.support.methods import CLASSICAL, family_of

LABELS = ("sport", "business", "odd, 'quoted'")
CLASSICAL_CELLS: dict[str, dict[str, Any]] = {family_of(kind): {} for kind in CLASSICAL} | {
    "two labels": {"model": {"family": "tfidf_linear_svm"}, "num_labels": 2},
    "char": {"model": {"family": "tfidf_sgd", "analyzer": "char", "sublinear_tf": True}},
    "mixed": {"model": {"family": "tfidf_naive_bayes", "ngram_max": 2}, "scripts": True},
    "thresholds": {
        "model": {"family": "tfidf_logistic", "best_metric": "macro_f1"},
        "training": {"thresholds": "validation", "class_weight": "balanced"},
        "train_size": 6,
    },
    "columns": {
        "model": {"family": "tfidf_logistic", "ngram_max": 2},
        "data": {"text_column": ["subject", "body"], "text_template": "{subject} goal {body}"},
    },
}
"""By name: what a cell has beside the usual."""
FROZEN_CELLS: dict[str, dict[str, Any]] = {
    "probe": {"family": "bert", "method": {"name": "linear_probe"}},
    "last token": {"family": "llama", "method": {"name": "linear_probe"}, "precision": "bf16"},
    "probe thresholds": {
        "family": "bert",
        "method": {"name": "linear_probe", "C": [0.01]},
        "training": {"thresholds": "validation"},
        "train_size": 12,
    },
    "tail": {"family": "bert", "method": {"name": "linear_probe", "max_length": 6}, "training": {"truncation": "tail"}},
    "windows": {
        "family": "bert",
        "method": {"name": "linear_probe", "max_length": 5},
        "training": {"windows": "mean", "max_windows": 2},
    },
    "zero_shot": {"family": "llama", "method": {"name": "zero_shot", "prompt": "{text} is about", "calibrate": True}},
    "zero_shot words": {
        "family": "gpt2",
        "method": {"name": "zero_shot", "prompt": "{text}:", "max_length": 4, "batch_size": 3}
        | {"label_words": {label: f"all {label}" for label in LABELS}},
        "training": {"truncation": "head_tail"},
    },
    "setfit": {"family": "bert", "method": {"name": "setfit", "max_steps": 4}},
    "setfit columns": {
        "family": "distilbert",
        "method": {"name": "setfit", "max_steps": 4, "max_length": 6},
        "training": {"truncation": "tail", "thresholds": "validation"},
        "data": {"text_column": ["subject", "body"]},
    },
}
"""Likewise, of methods that have a pretrained model."""
CELLS = CLASSICAL_CELLS | FROZEN_CELLS


class Kept:
    """A cell that ran with `save_model=true`, and what it predicted for the test examples of its data file."""

    def __init__(self, cell: Cell, root: Path):
        self.cell, self.folder, self.file = cell, cell.folder(root / "results"), Path(str(cell.task.data.path))
        self.record = store.read(self.folder)
        assert self.record is not None
        frame = store.read_predictions(self.folder, self.record)
        assert frame is not None
        self.labels = self.record.measurements.examples.labels
        test = frame[frame.split == "test"]
        self.expected = dict(zip(test.id, np.stack(test.probabilities), strict=True))
        self.ids = load_pool(cell.task.data, cache=root / "cache", mirror_dir=None).ids
        assert len(draw(cell.task, load_pool(cell.task.data, cache=root / "cache", mirror_dir=None)).test) == len(test)

    def check(self, rows: list[dict[str, str]]) -> None:
        """That the rows of a table, one a row of the data file, hold what the cell predicted."""
        found = [[float(row[f"probability_{label}"]) for label in self.labels] for row in rows]
        by_id = dict(zip(self.ids, np.array(found), strict=True))
        assert max(np.abs(by_id[id] - probabilities).max() for id, probabilities in self.expected.items()) < 1e-6
        words = dict(zip(self.ids, (row["predicted"] for row in rows), strict=True))
        assert all(words[id] == self.labels[row.argmax()] for id, row in self.expected.items())


@pytest.fixture(scope="module")
def keep(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a cell of `CELLS` with `save_model=true` when it is first asked for."""
    from bench.running.run import run_cell

    root = tmp_path_factory.mktemp("kept")
    done: dict[str, Kept] = {}

    def get(name: str) -> Kept:
        if name not in done:
            cell = to_cell(content(name, root))
            folders = {"results_dir": str(root / "results"), "cache_dir": str(root / "cache")}
            settings = Settings(**folders, mirror_dir=str(mirror), device="cpu", save_model=True)
            record = run_cell(cell, settings)
            assert record.status is Status.OK, record.failure
            done[name] = Kept(cell, root)
        return done[name]

    return get


def content(name: str, root: Path) -> dict[str, Any]:
    """The configuration of a cell of `CELLS`, its data below `root`."""
    own = CELLS[name]
    table = texts.topics(40, labels=LABELS)
    if own.get("scripts"):
        chinese = [f"{chr(0x4E00 + i)}天气{chr(0x5000 + 7 * i)}" for i in range(len(table))]
        table["text"] = [text if i % 2 else chinese[i] for i, text in enumerate(table.text)]
    words = table.text.str.split(n=1)
    table["subject"], table["body"] = words.str[0], words.str[1]
    table.to_csv(root / f"{name}.csv", index=False)
    model = {"name": f"my-{name}", "family": name} | own.get("model", {})
    method = own.get("method")
    if method is not None:
        family = own["family"]
        model = {"name": f"tiny-{family}", "family": family, "source": "hub", "licence": "Apache-2.0"}
        model |= {"id": MODEL_IDS.get(family, f"tiny/{family}"), "precision": own.get("precision", "fp32")}
    return {
        "data": {"name": "topics", "source": "file", "path": str(root / f"{name}.csv")} | own.get("data", {}),
        "num_labels": own.get("num_labels", 3),
        "train_size": own.get("train_size", 24),
        "seed": 0,
        "split": {"name": "nested"},
        "model": model,
        "method": method or {"name": "lora"},
        "training": own.get("training", {}),
    }


def predict_apart(cell: Kept, out: Path, *arguments: str) -> list[dict[str, str]]:
    """What another process writes for the data file of a cell."""
    command = [sys.executable, "-m", "bench.predict", str(cell.folder), "--file", str(cell.file), "--out", str(out)]
    ended = subprocess.run(
        [*command, *arguments], check=False, cwd=cli.REPOSITORY, capture_output=True, text=True,
        env=cli.environment(out.parent), timeout=120,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", CLASSICAL_CELLS)
def test_a_classical_model_predicts_what_its_cell_predicted(name: str, keep: Any, tmp_path: Path) -> None:
    cell = keep(name)
    cell.check(predict_apart(cell, tmp_path / "out.csv"))


@pytest.mark.parametrize("name", FROZEN_CELLS)
def test_a_model_with_a_frozen_base_does_so(
    name: str, keep: Any, mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell, out = keep(name), tmp_path / "out.csv"
    words = ["--file", str(cell.file), "--out", str(out), "--mirror-dir", str(mirror), "--device", "cpu"]
    capsys.readouterr()
    assert main([str(cell.folder), *words]) == 0
    assert capsys.readouterr().err == ""
    with out.open(encoding="utf-8", newline="") as file:
        cell.check(list(csv.DictReader(file)))


@pytest.mark.parametrize("name", ["probe", "setfit", "zero_shot"])
def test_it_does_so_in_another_process(name: str, keep: Any, mirror: Path, tmp_path: Path) -> None:
    cell = keep(name)
    cell.check(predict_apart(cell, tmp_path / "out.csv", "--mirror-dir", str(mirror)))


@pytest.mark.parametrize("name", CELLS)
def test_what_is_kept_is_no_pickle_and_has_a_card(name: str, keep: Any) -> None:
    cell = keep(name)
    model = cell.folder / kept.MODEL
    files = {path.relative_to(model).as_posix() for path in model.rglob("*") if path.is_file()}
    assert {kept.FILE, kept.CARD} <= files
    assert {Path(file).suffix for file in files} <= {".json", ".md", ".safetensors", ".txt"}
    assert set(cell.record.model_files) == files - {kept.CARD}
    for file in files:
        assert str(cell.file.parent).encode() not in (model / file).read_bytes(), file
    card = (cell.folder / kept.MODEL / kept.CARD).read_text(encoding="utf-8")
    assert f"{cell.cell.approach.summary}." in card
    assert f"| test | {cell.record.measurements.test.num_examples} |" in card
    assert '\nbench predict . "' in card
    assert ("Licence of the base model: Apache-2.0" in card) == (cell.cell.method is not None)


@pytest.mark.parametrize("name", CELLS)
def test_the_card_s_code_gives_the_same_without_this_program(
    name: str, keep: Any, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = keep(name)
    folder = shutil.copytree(cell.folder / kept.MODEL, tmp_path / "model")
    if (id := getattr(cell.cell.model, "id", None)) is not None:  # stands in for the hub
        (folder / id).parent.mkdir()
        (folder / id).symlink_to(mirror / "models" / id)
    code = (folder / kept.CARD).read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    assert "bench" not in code
    splits = draw(cell.cell.task, load_pool(cell.cell.task.data, cache=tmp_path, mirror_dir=None))
    monkeypatch.chdir(folder)
    variables: dict[str, Any] = {}
    exec(code.replace(f'["{EXAMPLE}"]', repr(list(splits.test.texts))), variables)
    expected = np.stack([cell.expected[id] for id in splits.test.ids])
    tolerance = 2e-3 if name == "last token" else 1e-6  # texts alone and in batches are rounded otherwise in bf16
    assert np.abs(variables["probabilities"] - expected).max() < tolerance
    assert variables["labels"] == list(cell.labels)


@pytest.mark.parametrize("name", ["thresholds", "probe thresholds"])
def test_thresholds_are_kept(name: str, keep: Any) -> None:
    cell = keep(name)
    found = cell.record.measurements.choices["thresholds"]["label_weights"]
    assert kept.read(cell.folder / kept.MODEL).label_weights == tuple(found[label] for label in cell.labels)
    assert len(set(found.values())) > 1


def test_cells_count_what_they_are_here_for(keep: Any) -> None:
    counted = {name: keep(name).record.measurements.choices["analyzer"] for name in ("tfidf_sgd", "char", "mixed")}
    assert counted == {"tfidf_sgd": "word", "char": "char", "mixed": "mixed"}


def test_a_classical_model_needs_no_torch(keep: Any) -> None:
    program = f"""
import sys
from bench.predict.__main__ import main
assert main([{str(keep("tfidf_logistic").folder)!r}, "goal match"]) == 0
print(sorted({{"torch", "transformers", "peft", "datasets"}} & set(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=cli.REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "[]"


def rewritten(cell: Kept, folder: Path, change: Any) -> Path:
    """A copy of a cell's folder, its model changed by a function, with a record that takes it as it is."""
    copy = shutil.copytree(cell.folder, folder / "cell")
    change(copy / kept.MODEL)
    record = json.loads((copy / store.RECORD).read_text())
    record["model_files"] = kept.file_hashes(copy / kept.MODEL)
    (copy / store.RECORD).write_text(json.dumps(record))
    return copy


def described(**changes: Any) -> Any:
    def change(folder: Path) -> None:
        description = json.loads((folder / kept.FILE).read_text())
        (folder / kept.FILE).write_text(json.dumps(description | changes))

    return change


BROKEN = {
    "format 2, and this version of finetune-bench reads 1: use the version that kept the model, or run": described(
        version=2
    ),
    "cannot be loaded: .*terms.json.*; run the cell again": lambda folder: (folder / "terms.json").unlink(),
    "cannot be loaded: SafetensorError": lambda folder: (folder / "classifier.safetensors").write_bytes(b"cut"),
    r"SafetensorError.* \(it was kept by other versions: scikit-learn 0\.1, here \d[\d.]+; peft": lambda folder: (
        (folder / "classifier.safetensors").write_bytes(b"cut"),
        described(versions={"scikit-learn": "0.1", "peft": "9"})(folder),
    ),
    "are not of the same model": lambda folder: (folder / "terms.json").write_text(
        '{"analyzer": "word", "terms": ["goal"]}'
    ),
    "is not of 2 labels": described(labels=["sport", "business"]),
    "a transformer goes with a method": described(method={"name": "linear_probe"}),
}


@pytest.mark.parametrize("message", BROKEN)
def test_a_folder_that_is_not_whole_is_one_line(
    message: str, keep: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = rewritten(keep("tfidf_logistic"), tmp_path, BROKEN[message])
    capsys.readouterr()
    assert main([str(folder), "goal match"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert re.search(message, printed.err), printed.err


def test_a_missing_file_is_named(keep: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(keep("tfidf_logistic").folder, tmp_path / "cell")
    (folder / kept.MODEL / "terms.json").unlink()
    assert main([str(folder), "goal match"]) == 2
    error = capsys.readouterr().err
    assert "(missing: terms.json): run the cell again with save_model=true overwrite=always" in error


def test_a_classical_model_is_computed_on_the_cpu(
    keep: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "visible_gpus", lambda: ["GPU-0"])
    monkeypatch.setattr(command, "use_one_gpu", lambda: pytest.fail("takes a GPU"))
    assert command.main([str(keep("tfidf_sgd").folder), "goal match", "--device", "cuda"]) == 2
    assert "--device cuda has no effect on my-tfidf_sgd" in capsys.readouterr().err
    assert command.main([str(keep("tfidf_sgd").folder), "goal match"]) == 0


@pytest.mark.parametrize("name", ["tfidf_sgd", "probe", "setfit", "zero_shot"])
def test_fewer_texts_at_once_change_nothing(
    name: str, keep: Any, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, out, sizes = keep(name), tmp_path / "out.csv", []
    load = command.load

    def noting(folder: Path, description: kept.KeptModel, *places: Any) -> Any:
        loaded = load(folder, description, *places)
        method = getattr(loaded.fitted, "method", None)
        sizes.append(loaded.kept.batch_size if method is None else method.batch_size)
        return loaded

    monkeypatch.setattr(command, "load", noting)
    words = ["--file", str(cell.file), "--out", str(out), "--mirror-dir", str(mirror), "--batch-size", "3"]
    assert main([str(cell.folder), *words]) == 0
    assert sizes == [3]
    with out.open(encoding="utf-8", newline="") as file:
        cell.check(list(csv.DictReader(file)))


@pytest.mark.parametrize("name", ["tfidf_sgd", "zero_shot"])
def test_a_cell_that_kept_no_model_is_run_again_for_it(name: str, keep: Any, tmp_path: Path) -> None:
    cell = keep(name)
    settings = Settings(results_dir=str(tmp_path), save_model=True)
    folder = shutil.copytree(cell.folder, cell.cell.folder(tmp_path))
    assert not is_wanted(cell.cell, settings)
    record = json.loads((folder / store.RECORD).read_text())
    (folder / store.RECORD).write_text(json.dumps(record | {"model_folder": None}))
    assert is_wanted(cell.cell, settings)
    assert not is_wanted(cell.cell, Settings(results_dir=str(tmp_path)))
