"""A report on records of texts with several labels is a whole answer."""

import json
from pathlib import Path

import pytest

from tests.support.cli import call
from tests.test_multi_label import rows_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of()))
    return path


def test_the_command_draws_a_whole_answer(file: Path, tmp_path: Path) -> None:
    words = (
        "-m", "data=file", f"data.path={file}", "task=multi_label", "model=tfidf_sgd,majority", "train_size=50,100",
        "seed=0,1", "device=cpu", "name=tickets", "hydra.launcher.workers=1",
        *(f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")),
    )  # fmt: skip
    assert call(*words) == 0
    text = (tmp_path / "reports" / "tickets" / "index.md").read_text()
    assert "8 of 8 runs finished" in text
    assert "Rows are compared by macro F1, in which each label counts alike" in text
    assert "% macro F1; 95 % interval" in text.replace("**", "")
    assert "could not be made" not in text
    assert "can't be read" not in text
    assert "are gone" not in text
    assert "Test macro F1, 3 labels" in text
    assert "could not be drawn" not in text
    assert "Macro F1 on tickets against training time" in text
    assert "This section goes by subset accuracy" in text
    cost = next((tmp_path / "reports" / "tickets").rglob("*cost*.csv"))
    assert "macro F1" in cost.read_text().splitlines()[0]
