"""Trackio: a project for each sweep, below the results; or a Space or server of its own (`TRACKIO_SPACE_ID`)."""

import contextvars
import os
import re
from typing import Any

from bench.tracking.backends.base import REPORT, Backend, Say, report_files
from bench.tracking.messages import End, Points, Run, Setup

FOLDER = "TRACKIO_DIR"


def backend(setup: Setup, say: Say) -> "Trackio":
    """The tracker of `setup`. Raises what the library raises."""
    os.environ.setdefault(FOLDER, setup.folder)  # read when trackio is imported
    return Trackio(setup, say)


class Trackio(Backend[Any]):
    """A run that is resumed is found by its name: the latest of those that have it."""

    def start(self, run: Run) -> tuple[Any, str]:
        """A new run."""
        return self._init(run, "never"), run.key

    def resume(self, run: Run, found: str) -> Any:
        """The latest of this name."""
        return self._init(run, "allow")

    def _init(self, run: Run, resume: str) -> Any:
        import trackio

        options: dict[str, Any] = {"config": dict(run.params), "resume": resume, "embed": False}
        quiet = {"auto_log_gpu": False, "auto_log_cpu": False}
        # which knows one run at a time, and ends that for the next one: unless each has a context of its own
        context = contextvars.Context()
        return context.run(trackio.init, self._project, name=run.key, **options, **quiet)

    @property
    def _project(self) -> str:
        return re.sub(r"[^A-Za-z0-9_-]", "-", self.setup.experiment)

    def log_points(self, run: Any, points: Points) -> None:
        """By step."""
        for step, values in points:
            run.log(dict(values), step=step)

    def finish(self, run: Any, end: End) -> None:
        """The record's status is a value like its numbers: Trackio's runs have none."""
        self.log_points(run, end.points)
        last = {**end.metrics, "status": end.status, "failed": float(not end.is_ok)}
        run.log(last | ({} if end.failure is None else {"failure": end.failure}), step=end.step)
        run.finish()

    def kill(self, run: Any) -> None:
        """It has no record, and says so."""
        run.log({"status": "killed", "failed": 1.0})
        run.finish()

    def report(self, page: str) -> None:
        """As an artifact."""
        import trackio

        run = self._init(Run(REPORT, {}), "never")
        artifact = trackio.Artifact(f"report-{self._project}", type=REPORT)
        for path in report_files(page):
            artifact.add_file(str(path), name=path.name)
        run.log_artifact(artifact)
        run.finish()
