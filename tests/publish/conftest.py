"""Kept models of several kinds, and a hub that takes them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from bench.cell import Cell
from bench.compose import to_cell
from bench.results.record import Status
from bench.running.run import run_cell
from bench.settings import Settings
from tests import test_predict_methods as kinds
from tests.support import hub as hubs
from tests.test_multi_label import rows_of

EPOCH = {"training": {"num_train_epochs": 1, "min_steps": 0}}
TRAINED: dict[str, dict[str, Any]] = {
    "lora": {"family": "bert", "method": {"name": "lora"}} | EPOCH,
    "full": {"family": "bert", "method": {"name": "full"}} | EPOCH,
}
KINDS = ("tfidf_logistic", "several", "lora", "full", "probe", "setfit", "zero_shot")
"""Each way in which a model is kept, and one that gives several labels."""


@pytest.fixture(scope="session")
def kept(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a cell that kept its model, run when it is first asked for."""
    root = tmp_path_factory.mktemp("published")
    done: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in done:
            cell = _cell(name, root)
            folders = {"results_dir": str(root / "results"), "cache_dir": str(root / "cache")}
            settings = Settings(**folders, mirror_dir=str(mirror), device="cpu", save_model=True)
            record = run_cell(cell, settings)
            assert record.status is Status.OK, record.failure
            done[name] = cell.folder(root / "results")
        return done[name]

    return get


def _cell(name: str, root: Path) -> Cell:
    if name == "several":
        path = root / "tickets.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows_of()))
        content = kinds.content("tfidf_logistic", root)
        data = {"name": "tickets", "source": "file", "path": str(path), "multi_label": "keep"}
        return to_cell(content | {"data": data, "train_size": 100, "split": {"name": "natural"}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "CELLS", kinds.CELLS | TRAINED)
        return to_cell(kinds.content(name, root))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[hubs.Hub]:
    """A hub that is the one huggingface_hub speaks with, and a login for it."""
    with hubs.serving() as served:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_TOKEN", hubs.TOKEN)
        yield served
