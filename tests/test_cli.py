"""One cell through the command that a user types: what it prints, leaves behind, keeps and runs again."""

import json
import platform
import re
import shutil
import subprocess
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.results import store
from bench.results.record import Record
from tests.support import texts
from tests.support.cli import REPOSITORY, bench

SECRET = "secret-hub-token-1f2e3d"
LABELS = ["business", "sport"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `topics.csv`, where the module's runs leave their results."""
    folder = tmp_path_factory.mktemp("cli")
    texts.topics(60).to_csv(folder / "topics.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def cell(place: Path, mirror: Path) -> tuple[str, ...]:
    """The words of a quick LoRA cell."""
    return (
        "model=bert_base", "method=lora", "data=file", "data.name=topics", f"data.path={place / 'topics.csv'}",
        "num_labels=2", "train_size=16", "seed=3", "training.num_train_epochs=1", "training.min_steps=2",
        f"mirror_dir={mirror}", "split=nested",
    )  # fmt: skip


def untrained(cell: tuple[str, ...]) -> tuple[str, ...]:
    """Without the options of training, which would be refused."""
    return tuple(word for word in cell if not word.startswith("training."))


@pytest.fixture(scope="module")
def first(place: Path, cell: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return bench(*cell, folder=place)


@pytest.fixture(scope="module")
def second(place: Path, cell: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """The same cell into a results folder elsewhere, by someone who is logged in to the hub."""
    return bench(*cell, folder=place, results=place / "else where", env={"HF_TOKEN": SECRET, "MY_SETTING": SECRET})


@pytest.fixture(scope="module")
def baseline(place: Path, cell: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """The baseline on the same task, with a method that it does not have."""
    return bench(*untrained(cell), "model=tfidf_sgd", "method=qlora", folder=place, results=place / "baseline")


def only_folder(results: Path) -> Path:
    (folder,) = store.scan(results)
    return folder


def read(folder: Path) -> tuple[Record, pd.DataFrame]:
    record = store.read(folder)
    assert record is not None
    predictions = store.read_predictions(folder, record)
    assert predictions is not None
    return record, predictions


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and modification time of every file below `folder`."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_cell_says_how_it_ended_and_where(first: subprocess.CompletedProcess[str], place: Path) -> None:
    assert first.returncode == 0, first.stderr
    folder = only_folder(place / "results")
    record, _ = read(folder)
    assert record.measurements is not None
    assert f"test accuracy {record.measurements.test.accuracy:.3f}" in first.stdout
    assert str(folder) in first.stdout
    assert "ok" in first.stdout
    said = r"(loading data|loading the model|evaluating( the untrained model)?|training( step \d+/\d+.*)?) \(\d+ s\)"
    assert all(re.fullmatch(said, line) for line in first.stderr.splitlines()), first.stderr  # a slow machine says more


def test_configuration_block(first: subprocess.CompletedProcess[str], place: Path) -> None:
    record, _ = read(only_folder(place / "results"))
    assert record.status == "ok"
    assert record.failure is None
    axes = record.configuration.model_dump(exclude={"identity"})
    assert axes == {
        "data": "topics", "num_labels": 2, "train_size": 16, "seed": 3, "model": "bert_base", "method": "lora",
    }  # fmt: skip
    identity = record.configuration.identity
    assert identity["method"]["target_modules"] == ["query", "value"], "the family's, resolved"
    assert identity["training"]["learning_rate"] == 1e-3, "the family's, resolved"
    assert identity["training"]["min_steps"] == 2
    assert identity["task"]["split"]["name"] == "nested"


def test_measurements_block(first: subprocess.CompletedProcess[str], place: Path) -> None:
    record, _ = read(only_folder(place / "results"))
    measured = record.measurements
    assert measured is not None
    examples = measured.examples
    assert examples.labels == LABELS
    assert (examples.num_train, examples.num_validation, examples.num_test) == (16, 16, 40)
    for scores, count in ((measured.test, 40), (measured.validation, 16)):
        check_scores(scores.model_dump(), count)
    training = measured.training
    assert training is not None
    assert training.steps == training.max_steps == 2
    assert training.examples_seen == 32
    assert [point.step for point in training.history] == [1, 2]
    for point in training.history:
        assert None not in (point.train_loss, point.learning_rate, point.validation_loss, point.validation_accuracy)
    seconds = measured.seconds
    parts = (seconds.load_data, seconds.load_model, seconds.train, seconds.evaluate)
    assert all(part is not None and part > 0 for part in parts)
    assert sum(parts) <= seconds.total < 60
    throughput = measured.throughput
    assert throughput.train_examples_per_second == pytest.approx(32 / seconds.train)
    assert throughput.train_tokens_per_second == pytest.approx(training.tokens_seen / seconds.train)
    assert throughput.test_examples_per_second > 40 / seconds.total
    assert measured.memory.peak_device is None
    assert 10**8 < measured.memory.peak_process < 10**10
    parameters = measured.parameters
    assert parameters is not None
    assert 0 < parameters.trainable < parameters.total
    assert parameters.quantized == 0
    assert measured.memory.frozen_weights == 4 * (parameters.total - parameters.trainable), "fp32"


def check_scores(scores: dict[str, Any], count: int) -> None:
    """That the scores of one set agree with each other."""
    matrix = np.array(scores["confusion_matrix"])
    assert scores["num_examples"] == matrix.sum() == count
    assert scores["accuracy"] == pytest.approx(matrix.trace() / count)
    assert [of_label["label"] for of_label in scores["per_label"]] == LABELS
    support = np.array([of_label["support"] for of_label in scores["per_label"]])
    assert support.tolist() == matrix.sum(axis=1).tolist()
    for name in ("precision", "recall", "f1"):
        values = np.array([of_label[name] for of_label in scores["per_label"]])
        assert scores[f"macro_{name}"] == pytest.approx(values.mean())
        assert scores[f"weighted_{name}"] == pytest.approx((values * support).sum() / count)
    assert 0 < scores["loss"] < 20


def test_provenance_block(first: subprocess.CompletedProcess[str], place: Path) -> None:
    provenance = read(only_folder(place / "results"))[0].provenance
    assert len(provenance.model_revision or "") == len(provenance.data_revision or "") == 64, "SHA-256 of local files"
    assert provenance.packages.items() >= {name: version(name) for name in ("torch", "transformers", "peft")}.items()
    assert provenance.python == platform.python_version()
    head = subprocess.run(
        ["git", "rev-parse", "--verify", "HEAD"], check=False, cwd=REPOSITORY, capture_output=True, text=True
    )
    assert provenance.git_commit == (head.stdout.strip() if head.returncode == 0 else None)
    assert provenance.git_dirty is not None or provenance.git_commit is None
    assert provenance.host == platform.node()
    assert provenance.platform == platform.platform()
    assert provenance.device == "cpu"
    assert provenance.device_name
    assert provenance.num_threads == 1, "tests/conftest.py says so"
    started, ended = (datetime.fromisoformat(text) for text in (provenance.started, provenance.ended))
    assert started.utcoffset() is not None
    assert 0 < (ended - started).total_seconds() < 120


def test_predictions_agree_with_the_record(first: subprocess.CompletedProcess[str], place: Path) -> None:
    record, predictions = read(only_folder(place / "results"))
    assert record.measurements is not None
    assert list(predictions.columns) == ["split", "id", "label", "predicted", "probabilities"]
    assert predictions.id.is_unique
    source = texts.topics(60)
    rows = predictions.id.str.removeprefix("file:").astype(int)
    assert source.label[rows].tolist() == predictions.label.tolist()
    assert predictions.split.value_counts().to_dict() == {"train": 16, "validation": 16, "test": 40}
    for split, scores in (("test", record.measurements.test), ("validation", record.measurements.validation)):
        part = predictions[predictions.split == split]
        assert (part.label == part.predicted).mean() == scores.accuracy
        probabilities = np.stack(part.probabilities)
        assert np.allclose(probabilities.sum(axis=1), 1)
        assert [LABELS[i] for i in probabilities.argmax(axis=1)] == part.predicted.tolist()
    assert predictions[predictions.split == "train"][["predicted", "probabilities"]].isna().all(axis=None)


def test_an_ok_record_is_kept(first: subprocess.CompletedProcess[str], place: Path, cell: tuple[str, ...]) -> None:
    before = state(place / "results")
    again = bench(*cell, folder=place, light=True)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("kept: ")
    assert "test accuracy" in again.stdout
    assert str(only_folder(place / "results")) in again.stdout
    assert "overwrite=always" in again.stdout
    assert state(place / "results") == before


def test_the_baseline_has_no_method(
    baseline: subprocess.CompletedProcess[str], first: subprocess.CompletedProcess[str], place: Path
) -> None:
    assert baseline.returncode == 0, baseline.stderr
    record, predictions = read(only_folder(place / "baseline"))
    assert record.configuration.method is None
    assert record.measurements is not None
    assert record.measurements.training is None
    assert record.measurements.parameters is None
    # every model is shown and judged on the same examples
    other, of_other = read(only_folder(place / "results"))
    assert other.measurements is not None
    assert record.measurements.examples == other.measurements.examples
    assert predictions[["split", "id", "label"]].equals(of_other[["split", "id", "label"]])


def test_overwrite_always_runs_it_again(
    baseline: subprocess.CompletedProcess[str], place: Path, cell: tuple[str, ...], tmp_path: Path
) -> None:
    results = Path(shutil.copytree(place / "baseline", tmp_path / "results"))
    before, _ = read(only_folder(results))
    # the same cell, for the baseline has no method
    again = bench(
        *untrained(cell), "model=tfidf_sgd", "method=lora", "overwrite=always", folder=tmp_path, results=results
    )
    assert again.returncode == 0, again.stderr
    assert "kept" not in again.stdout
    after, _ = read(only_folder(results))
    assert after.key == before.key
    assert after.provenance.started > before.provenance.ended


def test_the_same_seed_gives_the_same_record(
    first: subprocess.CompletedProcess[str], second: subprocess.CompletedProcess[str], place: Path
) -> None:
    assert second.returncode == 0, second.stderr
    folders = only_folder(place / "results"), only_folder(place / "else where")
    assert folders[0].name == folders[1].name, "where results are kept is not in the key"
    records = [json.loads((folder / store.RECORD).read_text()) for folder in folders]
    names = {record["predictions_file"] for record in records}
    assert len(names) == 1
    name = names.pop()
    assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    for record in records:  # measurements of time and memory, and the times themselves
        for block in ("seconds", "throughput", "memory"):
            del record["measurements"][block]
        for name in ("started", "ended", "git_commit", "git_dirty"):  # a developer may save or commit in between
            del record["provenance"][name]
    assert records[0] == records[1]


def test_no_secret_is_kept_or_shown(second: subprocess.CompletedProcess[str], place: Path) -> None:
    files = [path for path in (place / "else where").rglob("*") if path.is_file()]
    assert len(files) >= 2
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path.name
    assert SECRET not in second.stdout + second.stderr


def test_a_hyperparameter_makes_another_cell(
    first: subprocess.CompletedProcess[str], place: Path, cell: tuple[str, ...]
) -> None:
    results = place / "tuned"
    done = bench(
        *cell, "method.r=4", "training.learning_rate=1e-2", "training.min_steps=12", folder=place, results=results
    )
    assert done.returncode == 0, done.stderr
    record, _ = read(only_folder(results))
    plain, _ = read(only_folder(place / "results"))
    assert record.key != plain.key
    identity = record.configuration.identity
    assert identity["method"]["r"] == 4
    assert identity["training"]["learning_rate"] == 1e-2
    assert identity["method"] | {"r": 8} == plain.configuration.identity["method"], "nothing else has changed"
    # and it took effect
    assert record.measurements.parameters.trainable < plain.measurements.parameters.trainable
    assert max(point.learning_rate for point in record.measurements.training.history) == pytest.approx(1e-2)
    assert record.measurements.training.max_steps == 12 > plain.measurements.training.max_steps
