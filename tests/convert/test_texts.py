"""The texts that a converted model is compared on: test examples that records keep, or those of a file."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.convert.texts import Asked, texts_for
from bench.errors import UserError
from bench.models import kept
from bench.models.refitted import Refitted
from bench.results import store


def asked(**given: Any) -> Asked:
    usual = {"file": None, "text_column": None, "label_column": None, "count": 1000, "results_dir": "nowhere"}
    return Asked(**usual | given)


def test_test_examples_of_the_cell_with_their_labels(cell: Any) -> None:
    one = cell("bert")
    model = kept.read(one.folder / "model")
    found = texts_for(one.folder, model, asked())
    assert found.texts == one.texts
    frame = store.read_predictions(one.folder, one.record)
    assert [model.labels[label] for label in found.labels] == list(frame[frame.split == "test"].label)
    assert found.said == f"{len(one.texts)} test examples of topics"
    some = texts_for(one.folder, model, asked(count=7))
    assert len(some.texts) == 7 == len(set(some.labels)) + 4, "of every label, though they may be sorted by it"
    assert some.said == f"7 of {len(one.texts)} test examples of topics"


def test_of_several_labels(cell: Any) -> None:
    one = cell("several")
    model = kept.read(one.folder / "model")
    found = texts_for(one.folder, model, asked())
    frame = store.read_predictions(one.folder, one.record)
    names = [[name for name, has in zip(model.labels, target, strict=True) if has] for target in found.labels]
    assert names == [list(labels) for labels in frame[frame.split == "test"].label]


def test_of_what_bench_best_kept(cell: Any, tmp_path: Path) -> None:
    """Those of a cell that it chose from, where that is still there."""
    one = cell("bert")
    folder = shutil.copytree(one.folder / "model", tmp_path / "best")
    model = kept.read(folder)
    Refitted(
        experiment="topics", row="tiny-bert lora", cells={one.cell.key: "then"}, examples_sha256="", num_rows=40,
        epochs=1.0, learning_rate=1e-3, chosen={}, metric="accuracy", expected={}, packages={}, model_files={},
    ).write(folder)  # fmt: skip
    root = one.folder.parents[2]
    found = texts_for(folder, model, asked(results_dir=str(root)))
    assert found.texts == one.texts
    assert found.said == f"{len(one.texts)} test examples of topics, which it was trained on"
    with pytest.raises(UserError, match=r"no test examples are kept below nowhere \(--results-dir\): give texts"):
        texts_for(folder, model, asked())


def test_texts_of_a_file(cell: Any, tmp_path: Path) -> None:
    one = cell("several")
    model = kept.read(one.folder / "model")
    path = tmp_path / "own.csv"
    path.write_text('text,labels\ngoal match,"[""ball""]"\n  ,[]\nbank,[]\n')
    found = texts_for(one.folder, model, asked(file=str(path), label_column="labels"))
    assert found.texts == ("goal match", "bank")
    assert found.labels == (tuple(int(label == "ball") for label in model.labels), (0, 0, 0))
    assert texts_for(one.folder, model, asked(file=str(path))).labels is None
    path.write_text("text,labels\ngoal match,ball\n")
    with pytest.raises(UserError, match="labels of a text are a list in JSON"):
        texts_for(one.folder, model, asked(file=str(path), label_column="labels"))
    path.write_text("text,labels\n ,[]\n")
    with pytest.raises(UserError, match="there is no text"):
        texts_for(one.folder, model, asked(file=str(path), label_column="labels"))


def test_a_file_is_read_as_it_is_said_to_be(cell: Any, tmp_path: Path) -> None:
    one = cell("bert")
    model, path = kept.read(one.folder / "model"), tmp_path / "own.csv"
    path.write_bytes("text;label\n'caf\u00e9 goal';sport\n".encode("latin-1"))
    with pytest.raises(UserError, match="--encoding=latin-1 may be right"):
        texts_for(one.folder, model, asked(file=str(path)))
    found = texts_for(one.folder, model, asked(file=str(path), encoding="latin-1", delimiter=";", quoting="none"))
    assert found.texts == ("'caf\u00e9 goal'",)
