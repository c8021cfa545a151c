"""Every method goes through plan, run, status, halving, keeping, prediction and report; what one lacks is named."""

import csv
import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from bench.best.__main__ import main as best
from bench.cell import Cell
from bench.compose import to_cell, to_settings
from bench.config import METHODS, TransformerConfig
from bench.config.method.base import Method, names_of
from bench.config.method.gradient import GradientMethod
from bench.methods.halve import halved, in_halves
from bench.models import refitted
from bench.models.estimate import estimate
from bench.predict.__main__ import main as predict
from bench.results import store
from bench.results.record import Record, Status
from bench.running.run import run_cell
from bench.sweep.duration import Durations
from bench.sweep.workforce import Workforce
from tests.support.cli import bench, call, composed
from tests.support.methods import ALL, lacks
from tests.support.texts import topics

PRESETS = {"peft": "ia3"}
"""Of a method that is many: one by which it is chosen, and called."""
LABELLED = 60
"""Rows of the data that have labels."""
NAMES = [PRESETS.get(name, name) for method in METHODS for name in names_of(method)]
SIZES = ("parameters=1", "hidden_size=64", "intermediate_size=128", "num_layers=2", "vocabulary_size=400")
COMMON = (
    "data=file", "data.name=topics", "num_labels=2", "train_size=16", "seed=0", "device=cpu", "split=nested_small",
    "data.prompt='{text} is'", "training.num_train_epochs=1", "training.max_length=16",
    *(f"++model.{size}" for size in SIZES),
)  # fmt: skip


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_a_method_says_all_that_others_have_to_know(kind: type[Method]) -> None:
    missing = lacks(kind)
    assert not missing, f"{kind.__name__} lacks {'; '.join(missing)}"


def test_what_a_method_forgets_is_named() -> None:
    class Forgetful(GradientMethod):
        """Says nothing."""

    assert lacks(Forgetful) == [
        "`summary` (what a model card calls it)",
        "`trains` (what is trained)",
        "`rates` (learning rates)",
        "`trainable` (its memory)",
        "a dataclass of its options (frozen, slots, kw_only)",
    ]


@dataclass
class Grid:
    """One cell of each method, run by one sweep."""

    words: tuple[str, ...]
    folder: Path
    cells: dict[str, Cell]

    def record(self, method: str) -> Record:
        record = store.read(self.cells[method].folder(self.folder / "results"))
        assert record is not None, f"{method} left no record"
        assert record.status is Status.OK, (method, record.failure)
        return record

    def call(self, *words: str) -> int:
        return call("-m", *self.words, f"results_dir={self.folder / 'results'}", *words)


@pytest.fixture(scope="module")
def grid(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Grid:
    folder = tmp_path_factory.mktemp("methods")
    topics(LABELLED // 2, labels=("sport", "business")).to_csv(folder / "topics.csv", index=False)
    encoders = ",".join(name for name in NAMES if name != "zero_shot")
    rows = f"{{model:bert_base,method:'{encoders}'}},{{model:llama3_2_1b,method:zero_shot}}"
    words = (*COMMON, f"data.path={folder / 'topics.csv'}", f"mirror_dir={mirror}", f"hydra.sweeper.rows=[{rows}]",
             f"reports_dir={folder / 'reports'}", f"cache_dir={folder / 'cache'}")  # fmt: skip
    cells = {cell.approach.label: cell for cell in map(to_cell, composed("-m", *words))}
    end = bench("-m", *words, "save_model=true", folder=folder, timeout=280)
    assert end.returncode == 0, end.stdout + end.stderr
    return Grid(words, folder, cells)


@pytest.mark.parametrize("method", NAMES)
def test_it_is_run_and_recorded(method: str, grid: Grid) -> None:
    record = grid.record(method)
    assert record.configuration.method == grid.cells[method].approach.label
    frame = store.read_predictions(grid.cells[method].folder(grid.folder / "results"), record)
    assert frame is not None
    test = frame[frame.split == "test"]
    assert len(test) == record.measurements.examples.num_test
    assert all(abs(sum(row) - 1) < 1e-5 for row in test.probabilities)


@pytest.mark.parametrize("method", NAMES)
def test_a_plan_knows_its_memory_and_time(method: str, grid: Grid) -> None:
    cell = grid.cells[method]
    assert isinstance(cell.model, TransformerConfig)
    assert cell.method is not None
    needed = estimate(cell.model, cell.method, cell.training, tokens=16)
    assert needed is not None
    assert needed.total > 0
    seconds = [Durations([], Workforce(device, (), 1, 1)).of(cell).seconds for device in ("cpu", "cuda")]
    assert min(seconds) > 0


def test_plan_and_status_name_every_row(grid: Grid, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("plan", "status"):
        assert grid.call(f"command={command}", "overwrite=always") == 0
        said = capsys.readouterr().out
        assert [name for name in NAMES if name not in said] == [], command


@pytest.mark.parametrize("last", [False, True], ids=["once", "as often as it can be"])
@pytest.mark.parametrize("method", NAMES)
def test_it_is_run_in_halves_where_it_can_be(method: str, last: bool, grid: Grid, tmp_path: Path) -> None:
    """In the end with a batch of 1, and activations that are computed again where that saves memory."""
    cell = grid.cells[method]
    if in_halves(cell) is None:
        assert not isinstance(cell.method, GradientMethod)
        return
    halvings = next(n for n in count(1) if halved(cell, n + 1) is None) if last else 1
    content = {"results_dir": str(tmp_path), "device": "cpu", "cache_dir": str(grid.folder / "cache")}
    mirror = next(word.partition("=")[2] for word in grid.words if word.startswith("mirror_dir="))
    record = run_cell(cell, to_settings(content | {"mirror_dir": mirror}), halvings=halvings)
    assert record.status is Status.OK, record.failure
    found = record.measurements.halved
    assert found is not None
    if last and isinstance(cell.method, GradientMethod):
        assert (found.train_batch_size, found.eval_batch_size) == (1, 1)
        assert found.activation_checkpointing is cell.method.gains_by_checkpointing
    assert record.key == grid.record(method).key


@pytest.mark.parametrize("method", NAMES)
def test_it_can_be_trained_on_all_rows_and_predicts(
    method: str, grid: Grid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = "llama3_2_1b" if method == "zero_shot" else "bert_base"
    words = [word for word in grid.words if not word.startswith("hydra.")]
    words += [f"model={model}", f"method={method}", f"results_dir={grid.folder / 'results'}"]
    code = best([*words, "--out", str(tmp_path / "kept")])
    assert code == 0, capsys.readouterr().err
    assert refitted.read(tmp_path / "kept").num_rows == (LABELLED if grid.cells[method].approach.learns else 0)
    mirror = next(word.partition("=")[2] for word in grid.words if word.startswith("mirror_dir="))
    capsys.readouterr()
    assert predict([str(tmp_path / "kept"), "goal match", "--device", "cpu", "--mirror-dir", mirror, "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("method", NAMES)
def test_its_model_is_kept_and_predicts(method: str, grid: Grid, capsys: pytest.CaptureFixture[str]) -> None:
    folder = grid.cells[method].folder(grid.folder / "results")
    mirror = next(word.partition("=")[2] for word in grid.words if word.startswith("mirror_dir="))
    code = None
    try:
        code = predict([str(folder), "goal match team", "--device", "cpu", "--mirror-dir", mirror, "--json"])
    except SystemExit as end:
        code = end.code
    out, error = capsys.readouterr()
    assert code == 0, error
    assert json.loads(out.splitlines()[0])["label"] in ("sport", "business")


def test_the_report_has_a_row_for_each(grid: Grid) -> None:
    with (grid.folder / "reports/single/results.csv").open(newline="") as file:
        rows = {line["method"]: line for line in csv.DictReader(file)}
    assert rows.keys() == set(NAMES)
    assert all(float(line["test_accuracy"]) > 0 for line in rows.values())
