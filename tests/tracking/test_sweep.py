"""A sweep of stacked cells, of a baseline and of one that can't be, with all trackers; and what each then has."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.results import store
from bench.results.record import Record, Status
from tests.support import texts
from tests.support.cli import bench
from tests.support.offline_runs import messages
from tests.tracking.readers import events

NAMES = ("tensorboard", "mlflow", "wandb", "trackio")
NO_CELLS = "report"


@dataclass
class Sweep:
    ended: subprocess.CompletedProcess[str]
    folder: Path
    records: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = [store.read(folder) for folder in store.scan(self.folder / "results")]
        self.records = {record.key: record for record in found if record is not None}

    def kept(self, name: str) -> Path:
        return self.folder / "results" / "trackers" / name

    @property
    def trained(self) -> list[Record]:
        return [each for each in self.records.values() if each.measurements and each.measurements.training]


@pytest.fixture(scope="module")
def sweep(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("tracked")
    texts.topics(60).to_csv(folder / "topics.csv", index=False)
    ended = bench(
        "-m", "data=file", "data.name=topics", f"data.path={folder / 'topics.csv'}", "num_labels=2", "device=cpu",
        "training.num_train_epochs=2", "training.per_device_train_batch_size=4", "model=bert_base,tfidf_sgd",
        "train_size=16,20000", "seed=0,1", "engine=fused", f"mirror_dir={mirror}", "name=tracked",
        f"tracker=[{','.join(NAMES)}]", folder=folder, light=True, timeout=280,
        env=dict.fromkeys(("MLFLOW_TRACKING_URI", "WANDB_MODE", "WANDB_API_KEY", "TRACKIO_DIR")),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr + ended.stdout
    return Sweep(ended, folder)


def test_no_tracker_was_in_trouble(sweep: Sweep) -> None:
    assert "warning: tracker" not in sweep.ended.stdout + sweep.ended.stderr
    statuses = sorted(record.status for record in sweep.records.values())
    assert statuses == [Status.OK] * 4 + [Status.SKIPPED] * 4
    assert len(sweep.trained) == 2
    assert all(record.measurements.fused for record in sweep.trained)


def losses(record: Record) -> dict[int, float]:
    history = record.measurements.training.history
    return {point.step: point.train_loss for point in history if point.train_loss is not None}


def test_mlflow_has_parameters_curves_scores_and_status(sweep: Sweep) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{sweep.kept('mlflow') / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tracked")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {*sweep.records, NO_CELLS}
    for key, record in sweep.records.items():
        run, is_ok = runs[key], record.status is Status.OK
        assert run.info.status == ("FINISHED" if is_ok else "FAILED")
        assert run.data.tags["status"] == record.status.value
        assert (run.data.params["seed"], run.data.params["data"]) == (str(record.configuration.seed), "topics")
        if is_ok:
            test = record.measurements.test
            assert run.data.metrics["test/num_examples"] == test.num_examples
            assert run.data.metrics["test/num_correct"] / test.num_examples == pytest.approx(test.accuracy)
            assert run.data.metrics["test/macro_f1"] == pytest.approx(test.macro_f1)
            assert run.data.metrics["seconds/total"] == pytest.approx(record.measurements.seconds.total)
    for record in sweep.trained:
        run = runs[record.key]
        assert run.data.params["training.per_device_train_batch_size"] == "4"
        curve = {point.step: point.value for point in client.get_metric_history(run.info.run_id, "train/loss")}
        assert curve == pytest.approx(losses(record))
        scores = client.get_metric_history(run.info.run_id, "validation/loss")
        evaluated = [point for point in record.measurements.training.history if point.validation_loss is not None]
        assert {score.step for score in scores} == {point.step for point in evaluated}
    kept = {artifact.path for artifact in client.list_artifacts(runs[NO_CELLS].info.run_id)}
    assert {"index.html", "results.csv", "heatmap_accuracy.png"} <= kept


def test_tensorboard_has_curves_parameters_and_status(sweep: Sweep) -> None:
    top = sweep.kept("tensorboard") / "tracked"
    assert {path.name for path in top.iterdir()} == {*sweep.records, NO_CELLS}
    for key, record in sweep.records.items():
        found = events(top / key)
        assert record.status.value in found.texts["status"]
        assert found.params["seed"] == record.configuration.seed
        assert found.is_ok == (record.status is Status.OK)
    for record in sweep.trained:
        found = events(top / record.key)
        assert found.scalars["train/loss"] == pytest.approx(losses(record), rel=1e-5)
        last = record.measurements.training.steps
        assert found.scalars["test/accuracy"] == {last: pytest.approx(record.measurements.test.accuracy)}
    report = events(top / NO_CELLS)
    assert "heatmap_accuracy" in report.images
    assert "tfidf_sgd" in report.texts["report"]


def test_wandb_keeps_runs_offline(sweep: Sweep) -> None:
    runs = {}
    for path in (sweep.kept("wandb") / "wandb").glob("offline-run-*/*.wandb"):
        found = list(messages(path))
        (run,) = (each.run for each in found if each.HasField("run"))
        runs[run.display_name] = run, found
    assert set(runs) == {*sweep.records, NO_CELLS}
    for key, record in sweep.records.items():
        run, found = runs[key]
        assert (run.run_group, run.project) == ("tracked", "finetune-bench")
        config = {item.key: json.loads(item.value_json) for item in run.config.update}
        assert config["seed"] == record.configuration.seed
        summary = {u.key: u.value_json for each in found if each.HasField("summary") for u in each.summary.update}
        assert json.loads(summary["status"]) == record.status.value
        (code,) = (each.exit.exit_code for each in found if each.HasField("exit"))
        assert code == (0 if record.status is Status.OK else 1)
    for record in sweep.trained:
        rows = [
            {item.key or item.nested_key[0]: json.loads(item.value_json) for item in each.history.item}
            for each in runs[record.key][1]
            if each.HasField("history")
        ]
        assert {row["step"]: row["train/loss"] for row in rows if "train/loss" in row} == losses(record)
    assert any(each.HasField("artifact") for each in runs[NO_CELLS][1])


def rows(database: Path, query: str) -> Iterator[tuple]:
    connection = sqlite3.connect(database)
    yield from connection.execute(query)
    connection.close()


def test_trackio_keeps_a_project(sweep: Sweep) -> None:
    database = sweep.kept("trackio") / "tracked.db"
    configs = {name: json.loads(text) for name, text in rows(database, "select run_name, config from configs")}
    assert set(configs) >= set(sweep.records)
    values: dict[str, dict[str, dict[int, object]]] = {}
    for name, step, text in rows(database, "select run_name, step, metrics from metrics"):
        for metric, value in json.loads(text).items():
            values.setdefault(name, {}).setdefault(metric, {})[step] = value
    for key, record in sweep.records.items():
        assert configs[key]["seed"] == record.configuration.seed
        assert list(values[key]["status"].values()) == [record.status.value]
        assert list(values[key]["failed"].values()) == [float(record.status is not Status.OK)]
    for record in sweep.trained:
        assert values[record.key]["train/loss"] == pytest.approx(losses(record))
    assert list(rows(database, "select name from artifacts")) == [("report-tracked",)]
    blobs = [path for path in (sweep.kept("trackio") / "artifacts").rglob("*") if path.is_file()]
    page = (sweep.folder / "reports" / "tracked" / "index.html").read_bytes()
    assert any(path.stat().st_size == len(page) for path in blobs)
