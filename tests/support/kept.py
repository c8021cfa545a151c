"""Cells with tiny models that keep what they trained."""

from pathlib import Path
from typing import Any

import numpy as np

from bench.cell import Cell
from bench.compose import to_cell
from bench.data.read import load_pool
from bench.data.split import draw
from bench.results import store
from bench.results.record import Status
from bench.settings import Settings
from tests.conftest import MODEL_IDS
from tests.support import texts

LABELS = ("sport", "business", "odd, 'quoted'")


class Trained:
    """A cell that ran with `save_model=true`, and what it predicted."""

    def __init__(self, cell: Cell, folder: Path, cache: Path):
        self.cell, self.folder = cell, folder
        self.record = store.read(folder)
        frame = store.read_predictions(folder, self.record)
        test = frame[frame.split == "test"]
        self.probabilities = np.stack(test.probabilities)
        self.texts = draw(cell.task, load_pool(cell.task.data, cache=cache, mirror_dir=None)).test.texts
        self.labels = self.record.measurements.examples.labels
        assert len(self.texts) == len(test)


class Keeper:
    """Runs cells on three topics below `root`, each once."""

    def __init__(self, root: Path, mirror: Path):
        self.root, self.mirror = root, mirror
        self.done: dict[str, Trained] = {}
        texts.topics(40, labels=LABELS).to_csv(root / "topics.csv", index=False)

    def kept(
        self, name: str, family: str, method: dict[str, Any], precision: str, training: dict[str, Any], **more: Any
    ) -> Trained:
        """The cell of this name; `more` stands in place of what the configuration has otherwise."""
        if name not in self.done:
            model = {"name": f"tiny-{family}", "family": family, "source": "hub", "licence": "Apache-2.0"}
            model |= {"id": MODEL_IDS.get(family, f"tiny/{family}"), "precision": precision}
            content = {
                "data": {"name": "topics", "source": "file", "path": str(self.root / "topics.csv")},
                "num_labels": 3,
                "train_size": 24,
                "seed": 0,
                "split": {"name": "nested"},
                "model": model,
                "method": method,
                "training": {"learning_rate": 1e-2, "num_train_epochs": 4, "max_length": 8} | training,
            }
            self.done[name] = self._run(to_cell(content | more))
        return self.done[name]

    def _run(self, cell: Cell) -> Trained:
        from bench.running.run import run_cell

        folders = {"results_dir": str(self.root), "mirror_dir": str(self.mirror)}
        settings = Settings(**folders, cache_dir=str(self.root / "cache"), device="cpu", save_model=True)
        record = run_cell(cell, settings)
        assert record.status is Status.OK, record.failure
        return Trained(cell, cell.folder(self.root), self.root)
