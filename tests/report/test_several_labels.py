"""A report on records of texts with several labels is a whole answer."""

import json
from pathlib import Path

import pytest

from bench.best.__main__ import main as run_best
from bench.report.compare.__main__ import main as compare
from tests.support.cli import call
from tests.test_multi_label import rows_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of()))
    return path


def words(file: Path, folder: Path) -> tuple[str, ...]:
    return (
        "data=file", f"data.path={file}", "task=multi_label", "model=tfidf_sgd,majority", "train_size=50,100",
        "seed=0,1", "device=cpu", "name=tickets",
        *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")),
    )  # fmt: skip


def test_the_command_draws_a_whole_answer(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("-m", *words(file, tmp_path), "hydra.launcher.workers=1")
    assert call(*asked) == 0
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
    assert "Guessing gives every text the most frequent set of labels." in text
    assert "Subset accuracy: variance components" in text
    assert "Accuracy: " not in text
    assert "Same labels for every text" in text
    assert "Most frequent label" not in text
    cost = next((tmp_path / "reports" / "tickets").rglob("*cost*.csv"))
    assert "macro F1" in cost.read_text().splitlines()[0]

    assert call(*asked, "metric=hamming_loss") == 0
    text = (tmp_path / "reports" / "tickets" / "index.md").read_text()
    assert "Rows are compared by 1 - Hamming loss, as was asked for (metric=hamming_loss)" in text
    assert "could not be" not in text
    assert "% 1 - Hamming loss; 95 % interval" in text.replace("**", "")
    assert "Test 1 - Hamming loss, 3 labels" in text
    assert "1 - Hamming loss on tickets against training time" in text
    assert "Hamming loss (lower is better)" in text, "among all metrics it is as it is called"
    best = json.loads((tmp_path / "reports" / "tickets" / "report.json").read_text())
    assert "hamming_accuracy" in json.dumps(best)
    assert run_best([*words(file, tmp_path), "metric=hamming_loss", "--dry-run"]) == 0

    kept, results = tmp_path / "best", tmp_path / "results"
    assert run_best([*words(file, tmp_path), "metric=hamming_loss", "--out", str(kept)]) == 0
    card = (kept / "README.md").read_text()
    assert "1 - Hamming loss" in card
    assert compare([f"A={results}", f"B={results}", "metric=hamming_loss", f"page={tmp_path / 'compared'}"]) == 0
    assert "mean difference in subset accuracy over the tested cells" in capsys.readouterr().out
    changes = (tmp_path / "compared" / "index.html").read_text()
    assert "1 - Hamming loss" in changes
