"""A real MLflow server: what a sweep's processes tell it, and what they do when it is killed."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.results.record import Status
from bench.running.observers import FIRST_PHASE
from tests.tracking.test_trouble import CELL, Told, record

BACKEND = "bench.tracking.backends.mlflow"


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    uri: str

    def wait(self) -> None:
        """Until it answers."""
        while True:
            assert self.process.poll() is None, "the server has ended"
            try:
                with urllib.request.urlopen(f"{self.uri}/health", timeout=5) as answer:
                    assert answer.status == 200
                    return
            except OSError:
                time.sleep(0.2)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
            "--backend-store-uri", f"sqlite:///{folder / 'server.db'}", "--artifacts-destination", str(folder),
        ],
        cwd=folder,
        env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    found = Server(process, f"http://127.0.0.1:{port}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", found.uri)
    found.wait()
    yield found
    kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The server, with its own workers."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.wait()


def test_a_server_is_told_all_until_it_is_killed(server: Server, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    worker, parent = (Told(tmp_path, "sweep", backend=BACKEND) for _ in range(2))
    worker.run(steps=30)
    worker.observers.on_phase(CELL, FIRST_PHASE)  # and crashes
    worker.observers.close()
    parent.observers.on_record(CELL, tmp_path, record(Status.CRASHED))
    page = tmp_path / "report" / "index.html"
    page.parent.mkdir()
    page.write_text("<p>a report</p>")
    parent.observers.on_report(page)
    parent.observers.close()
    assert worker.said + parent.said == []
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name("sweep")
    report, crashed, good = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])
    assert [run.info.status for run in (good, crashed, report)] == ["FINISHED", "FAILED", "FINISHED"]
    assert good.info.run_name == crashed.info.run_name == CELL.key
    assert crashed.data.tags["status"] == "crashed"
    assert good.data.params["model"] == "tfidf_sgd"
    curve = client.get_metric_history(good.info.run_id, "train/loss")
    assert {point.step: point.value for point in curve} == pytest.approx({step: 1 / (step + 1) for step in range(30)})
    (artifact,) = client.list_artifacts(report.info.run_id)
    assert Path(client.download_artifacts(report.info.run_id, artifact.path, str(tmp_path))).read_text() == (
        "<p>a report</p>"
    )

    later = Told(tmp_path, "sweep", slow_seconds=5.0, backend=BACKEND)
    later.observers.on_phase(CELL, FIRST_PHASE)
    while not any((tmp_path / "open").iterdir()):  # it has begun
        time.sleep(0.1)
    kill(server.process)
    later.run(steps=30)
    later.observers.close()
    assert len(later.said) == 1
    assert later.said[0].startswith("tracker=odd: odd ")
    for each in (worker, parent, later):
        each.channel._process.kill()
        each.channel._process.wait()
