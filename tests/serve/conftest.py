"""Kept models to serve."""

import json
from pathlib import Path

import pytest

from bench import run_cell
from tests.support.texts import topics
from tests.test_multi_label import rows_of


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    table = topics(40, labels=("sport", "business"))
    table["text"] = [f"{text} only{chr(97 + i // 26)}{chr(97 + i % 26)}" for i, text in enumerate(table.text)]
    table.to_csv(folder / "topics.csv", index=False)
    return _kept(
        folder, **{"data.path": folder / "topics.csv", "split": "nested_small", "train_size": 24, "num_labels": 2}
    )


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    (folder / "tickets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows_of()))
    return _kept(folder, **{"data.path": folder / "tickets.jsonl", "task": "multi_label", "train_size": 100})


def _kept(folder: Path, **options: object) -> Path:
    places = {f"{name}_dir": folder / name for name in ("results", "reports", "cache")}
    record = run_cell(data="file", model="tfidf_logistic", device="cpu", save_model=True, seed=0, **options, **places)
    (found,) = (folder / "results").rglob(record.key)
    return found
