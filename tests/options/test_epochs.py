"""Epochs that are asked for are trained; where a minimum of steps makes more of them, record and row say so."""

from pathlib import Path

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.results import store
from bench.running.steps import planned_steps
from bench.sweep.rows import row_names
from tests.support.cli import call, composed
from tests.support.texts import topics

TINY = ("model=minilm", "train_size=16")
PRESETS = ("default", "go_emotions_grid", "spam_smoke", "stance_distilbert", "stance_smoke", "spam_lora", "spam_full")


def cells(*words: str) -> list[Cell]:
    return [to_cell(content) for content in composed("-m", *words)]


def steps(cell: Cell) -> int:
    assert cell.training is not None
    return planned_steps(cell.training, cell.task.train_size)


@pytest.mark.parametrize("preset", PRESETS)
def test_epochs_that_are_given_hold_for_every_preset(preset: str) -> None:
    """A preset's own minimum of steps is a default like its epochs."""
    grid = cells(
        *TINY, f"training={preset}", "training.per_device_train_batch_size=16", "training.num_train_epochs=1,2,4",
        "training.gradient_accumulation_steps=1",
    )  # fmt: skip
    assert [steps(cell) for cell in grid] == [1, 2, 4]
    assert len({cell.key for cell in grid}) == 3


def test_small_sets_are_trained_longer_by_default() -> None:
    (cell,) = cells(*TINY)
    assert steps(cell) == 60
    (cell,) = cells(*TINY, "training.min_steps=7")
    assert steps(cell) == 7


def test_both_hold_where_both_are_given() -> None:
    """As "at least" says; and the rows do not promise the epochs alone."""
    grid = cells(*TINY, "training.num_train_epochs=1,2", "training.min_steps=2")
    assert [steps(cell) for cell in grid] == [2, 2]
    assert [name[1] for name in row_names(grid).values()] == [
        "lora num_train_epochs=1 min_steps=2",
        "lora num_train_epochs=2 min_steps=2",
    ]


def test_the_default_beside_epochs_that_are_given() -> None:
    grid = cells(*TINY, "training.num_train_epochs=null,1")
    assert [name[1] for name in row_names(grid).values()] == [
        "lora num_train_epochs=6 min_steps=60",
        "lora num_train_epochs=1 min_steps=0",
    ]


def test_the_same_for_the_epochs_of_setfit() -> None:
    """Its limit of 200 steps would cut every number of epochs alike."""
    planned = pytest.importorskip("bench.methods.setfit").planned
    grid = cells("model=minilm", "method=setfit", "train_size=128", "method.num_epochs=1,2,4")
    labels = [0, 1] * 64
    assert [planned(labels, cell.method)[1] for cell in grid] == [320, 640, 1280]
    (default,) = cells("model=minilm", "method=setfit", "train_size=128")
    assert planned(labels, default.method)[1] == 200


@pytest.mark.parametrize("engine", ["single", "fused"])
def test_epochs_are_trained_and_recorded(
    tmp_path: Path, tiny_models: dict[str, Path], mirror: Path, engine: str
) -> None:
    topics(60).to_csv(tmp_path / "topics.csv", index=False)
    words = (
        "data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "num_labels=2", "train_size=16",
        "model=bert_base", "method=lora", f"mirror_dir={mirror}", "training.num_train_epochs=1,3", "device=cpu",
        f"engine={engine}", f"results_dir={tmp_path / 'results'}", f"reports_dir={tmp_path / 'reports'}",
        f"cache_dir={tmp_path / 'cache'}",
    )  # fmt: skip
    assert call("-m", *words, "seed=0,1") == 0
    records = [store.read(path.parent) for path in (tmp_path / "results").rglob("record.json")]
    trained = sorted(
        (r.measurements.training.epochs, r.measurements.training.steps) for r in records if r and r.measurements
    )
    assert trained == [(1, 1), (1, 1), (3, 3), (3, 3)]
