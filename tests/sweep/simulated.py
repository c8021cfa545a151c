"""Finished records for every cell of a grid, as a sweep would leave them, written in no time."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell, identity
from bench.compose import to_cell
from bench.report.inputs.records import ExpectedCell
from bench.results import store
from bench.results.record import Record, Status
from tests.report import simulate
from tests.support import texts
from tests.support.cli import call

GRID = """\
# @package _global_
defaults:
  - override /data: bbc_headlines

experiment: scale
device: cpu
split: {{test_size: 500}}

hydra:
  sweeper:
    params:
      num_labels: 2,3,4,5
      train_size: {sizes}
      seed: {seeds}
    rows:
      - {{model: "minilm,bert_base,distilbert,smollm2_135m", method: "lora,linear_probe"}}
      - {{model: bert_base, method: full}}
      - {{model: tfidf_sgd}}
"""
"""Ten rows and four label counts."""


SMALL = """\
# @package _global_
defaults:
  - override /data: file

experiment: mine
data: {{name: topics, path: {data}}}
{more}
hydra:
  sweeper:
    params:
      num_labels: 2
      train_size: 8,16
      seed: 0,1
    rows:
      - {{model: bert_base, method: lora}}
      - {{model: tfidf_sgd}}
"""
"""A user's own experiment of 8 cells, on 60 texts of each of two labels."""


def small(folder: Path, more: str = "") -> list[str]:
    """Write the experiment `mine`, with `more` lines, and its data below `folder`; return Hydra's arguments."""
    texts.topics(60).to_csv(folder / "topics.csv", index=False)
    path = folder / "conf" / "experiment" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SMALL.format(data=folder / "topics.csv", more=more))
    return ["--config-dir", str(folder / "conf"), "-m", "+experiment=mine"]


def said(command: str, words: Sequence[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `command=plan` or `status` says of an experiment, white space and line ends as single spaces."""
    folders = (f"results_dir={folder / 'results'}", f"cache_dir={folder / 'cache'}")
    assert call(*words, f"command={command}", *folders) == 0
    return " ".join(capsys.readouterr().out.split())


def experiment(folder: Path, cells: int = 10_000) -> list[str]:
    """Write the experiment `scale`, of `cells` cells (a multiple of 400), below `folder`; return Hydra's arguments."""
    sizes, seeds = range(20, 120, 10), range(cells // 400)
    path = folder / "conf" / "experiment" / "scale.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GRID.format(sizes=",".join(map(str, sizes)), seeds=",".join(map(str, seeds))))
    return ["--config-dir", str(folder / "conf"), "-m", "+experiment=scale"]


def finish(
    configs: Iterable[dict[str, Any]],
    results: Path,
    status: Callable[[Cell], Status | None] = lambda cell: Status.OK,
    seconds: Callable[[Cell], float] | None = None,
) -> list[Cell]:
    """Write a record for each composed point and return the cells, each once; `status` None leaves one missing.

    Records of a row and label count are alike but for key, axes and what `seconds` says that the whole cell took;
    there are no predictions.
    """
    cells = list({cell.key: cell for cell in map(to_cell, configs)}.values())
    models: dict[tuple[str, int, Status], dict[str, Any]] = {}
    for cell in cells:
        if (ended := status(cell)) is None:
            continue
        kind = (cell.row, cell.task.num_labels, ended)
        if kind not in models:
            models[kind] = json.loads(_record(cell, ended, results).to_json())
        _write(cell, models[kind], results, seconds)
    return cells


def finish_whole(configs: Iterable[dict[str, Any]], results: Path) -> list[Cell]:
    """Write an `ok` record for each composed point, with predictions, texts and training curves; return the cells."""
    cells = list({cell.key: cell for cell in map(to_cell, configs)}.values())
    for cell in cells:
        simulate.write(_axes(cell, cell.folder(results)), max_length=64)
    return cells


def _axes(cell: Cell, folder: Path) -> ExpectedCell:
    return ExpectedCell(
        folder, cell.key, cell.model.name, cell.method.name if cell.method else None,
        cell.task.data.name, cell.task.num_labels, cell.task.train_size, cell.task.seed,
    )  # fmt: skip


def _record(cell: Cell, status: Status, results: Path) -> Record:
    """A record with everything that a real one has."""
    axes = _axes(cell, results / "model")
    record = simulate.write(axes, status, message="simulated", max_length=64)
    for path in axes.folder.iterdir():
        path.unlink()
    axes.folder.rmdir()
    return record


def _write(cell: Cell, model: dict[str, Any], results: Path, seconds: Callable[[Cell], float] | None) -> None:
    task = cell.task
    axes = {"num_labels": task.num_labels, "train_size": task.train_size, "seed": task.seed}
    content = {
        **model,
        "key": cell.key,
        "configuration": {**model["configuration"], **axes, "identity": identity(cell)},
        "predictions_file": None,
    }
    if seconds is not None and content["measurements"] is not None:
        took = {**content["measurements"]["seconds"], "total": seconds(cell)}
        content["measurements"] = {**content["measurements"], "seconds": took}
    folder = cell.folder(results)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / store.RECORD).write_text(json.dumps(content, indent=1), encoding="utf-8")
