"""A report on records of texts with several labels is drawn, and says what it leaves out and why."""

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


def test_scores_are_shown_and_comparisons_left_out_with_a_line(file: Path, tmp_path: Path) -> None:
    words = (
        "-m", "data=file", f"data.path={file}", "task=multi_label", "model=tfidf_sgd,majority", "train_size=50,100",
        "seed=0,1", "device=cpu", "name=tickets", "hydra.launcher.workers=1",
        *(f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")),
    )  # fmt: skip
    assert call(*words) == 0
    text = (tmp_path / "reports" / "tickets" / "index.md").read_text()
    assert "8 of 8 runs finished" in text
    assert "A text may have several labels here." in text
    assert "can't be read" not in text
    assert "are gone" not in text
    assert "Test macro F1, 3 labels" in text
    assert "could not be drawn" not in text
