"""Cells on tiny models and a file of texts."""

from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.compose import to_cell
from tests.conftest import MODEL_IDS


def on_topics(path: Path, family: str, method: dict[str, Any], training: dict[str, Any], *, train_size: int) -> Cell:
    """A cell of two labels on the file `path`, by a tiny model of `family` from the mirror."""
    return to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(path)},
            "num_labels": 2,
            "train_size": train_size,
            "seed": 0,
            "split": {"name": "nested"},
            "model": {"name": f"tiny-{family}", "family": family, "source": "hub"}
            | {"id": MODEL_IDS.get(family, f"tiny/{family}")},
            "method": method,
            "training": training,
        }
    )
