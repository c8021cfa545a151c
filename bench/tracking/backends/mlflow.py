"""MLflow: an experiment for each sweep, a run for each cell; at `MLFLOW_TRACKING_URI`, or else in a file of SQLite."""

import os
import re
import time

# read when mlflow is imported: a server that is not there is found out in seconds
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from bench.tracking.backends.base import REPORT, Backend, Say, report_files
from bench.tracking.messages import End, Points, Run, Setup

MAX_PARAMS, MAX_METRICS = 100, 1_000
"""In one request, by MLflow's rules."""
MAX_NAME, MAX_VALUE = 250, 500
"""Characters; older servers take no longer values."""
DATABASE = "mlflow.db"


def backend(setup: Setup, say: Say) -> "MLflow":
    """The tracker of `setup`. Raises OSError and what the library raises."""
    return MLflow(setup, say)


class MLflow(Backend[str]):
    """Runs are known by their ids."""

    def __init__(self, setup: Setup, say: Say) -> None:
        super().__init__(setup, say)
        uri, artifacts = os.environ.get("MLFLOW_TRACKING_URI"), None
        if not uri:
            self.folder.mkdir(parents=True, exist_ok=True)
            uri = f"sqlite:///{self.folder / DATABASE}"
            artifacts = (self.folder / "artifacts" / _name(setup.experiment)).as_uri()
        self.client = MlflowClient(uri)
        self.experiment = self._experiment(artifacts)

    def _experiment(self, artifacts: str | None) -> str:
        """The id of the experiment; other processes may be about to make it, too."""
        name = self.setup.experiment
        if (found := self.client.get_experiment_by_name(name)) is not None:
            return str(found.experiment_id)
        try:
            return self.client.create_experiment(name, artifact_location=artifacts)
        except MlflowException:
            if (found := self.client.get_experiment_by_name(name)) is None:
                raise
            return str(found.experiment_id)

    def start(self, run: Run) -> tuple[str, str]:
        """A new run; an earlier attempt that nobody ended was killed."""
        note = self._note(run.key)
        if note.is_file():
            self.kill(note.read_text(encoding="utf-8"))
        found = self._create(run.key, {"cell": run.key})
        params = [Param(_name(name), str(value)[:MAX_VALUE]) for name, value in run.params.items()]
        for first in range(0, len(params), MAX_PARAMS):
            self.client.log_batch(found, params=params[first : first + MAX_PARAMS])
        return found, found

    def _create(self, name: str, tags: dict[str, str]) -> str:
        tags = {**tags, "results": self.setup.results, "mlflow.source.name": "finetune-bench"}
        return str(self.client.create_run(self.experiment, run_name=name, tags=tags).info.run_id)

    def resume(self, run: Run, found: str) -> str:
        """By its id."""
        return found

    def log_points(self, run: str, points: Points) -> None:
        """In as few requests as may be."""
        now = int(time.time() * 1000)
        metrics = [Metric(_name(name), value, now, step) for step, values in points for name, value in values.items()]
        for first in range(0, len(metrics), MAX_METRICS):
            self.client.log_batch(run, metrics=metrics[first : first + MAX_METRICS])

    def finish(self, run: str, end: End) -> None:
        """Metrics at the last step; the record's status is a tag."""
        self.log_points(run, (*end.points, (end.step, end.metrics)))
        tags = {"status": end.status} | ({} if end.failure is None else {"failure": end.failure[:MAX_VALUE]})
        self.client.log_batch(run, tags=[RunTag(name, value) for name, value in tags.items()])
        self.client.set_terminated(run, "FINISHED" if end.is_ok else "FAILED")

    def kill(self, run: str) -> None:
        """Unless somebody has ended it meanwhile."""
        if self.client.get_run(run).info.status == "RUNNING":
            self.client.set_terminated(run, "KILLED")

    def report(self, page: str) -> None:
        """As artifacts."""
        run = self._create(REPORT, {"report": page})
        for path in report_files(page):
            self.client.log_artifact(run, str(path))
        self.client.set_terminated(run, "FINISHED")


def _name(text: str) -> str:
    """A name as MLflow takes it."""
    return re.sub(r"[^\w\-. /]", "_", text, flags=re.ASCII)[:MAX_NAME]
