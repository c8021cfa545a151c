"""W&B: runs of the project `WANDB_PROJECT` (finetune-bench), grouped by sweep; offline where it is out of reach."""

import netrc
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import wandb

from bench.tracking.backends.base import REPORT, Backend, Say, figures, named, report_files
from bench.tracking.messages import End, Points, Run, Setup

PROJECT = "finetune-bench"
STEP = "step"
SERVER = "https://api.wandb.ai"
INIT_SECONDS, FINISHED, FAILED, KILLED = 20.0, 0, 1, 255
_TRUE = ("1", "true", "yes", "on")


def backend(setup: Setup, say: Say) -> "WandB":
    """The tracker of `setup`. Raises OSError."""
    return WandB(setup, say)


def mode() -> str:
    """What `WANDB_MODE` says; else offline where the hub is to be left alone, or nobody is logged in."""
    if given := os.environ.get("WANDB_MODE"):
        return given
    offline = any(os.environ.get(name, "").lower() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return "offline" if offline or not _is_logged_in() else "online"


def _is_logged_in() -> bool:
    """Whether there is a key in the environment, or where `wandb login` keeps it."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    path = Path(os.environ.get("NETRC") or "~/.netrc").expanduser()
    host = urlsplit(os.environ.get("WANDB_BASE_URL") or SERVER).hostname or ""
    try:
        return netrc.netrc(path).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


class WandB(Backend[wandb.Run]):
    """Below `WANDB_DIR`, or else below the results: `wandb sync` sends what was kept offline."""

    def __init__(self, setup: Setup, say: Say) -> None:
        super().__init__(setup, say)
        self.mode = mode()
        self.dir = os.environ.get("WANDB_DIR") or setup.folder
        Path(self.dir).mkdir(parents=True, exist_ok=True)

    def start(self, run: Run) -> tuple[wandb.Run, str]:
        """A new run."""
        made = self._run(run, secrets.token_hex(8))
        return made, str(made.id)

    def resume(self, run: Run, found: str) -> wandb.Run:
        """What is kept offline is one more part of the run, which `wandb sync` puts together."""
        return self._run(run, found)

    def _run(self, run: Run, found: str) -> wandb.Run:
        made = self._init(
            id=found, name=run.key, resume="allow", config=dict(run.params), job_type=str(run.params.get("method", "")),
            tags=[str(run.params[axis]) for axis in ("data", "model", "method") if axis in run.params],
        )  # fmt: skip
        made.define_metric(STEP, hidden=True)
        for part in ("train/*", "validation/*", "trials/*"):
            made.define_metric(part, step_metric=STEP)
        return made

    def _init(self, **options: Any) -> wandb.Run:
        """Where the server can't be reached, or refuses the login, runs are kept offline from now on."""
        settings = wandb.Settings(
            console="off", silent=True, x_disable_stats=True, disable_git=True, save_code=False,
            init_timeout=INIT_SECONDS,
        )  # fmt: skip
        everywhere = {
            "project": os.environ.get("WANDB_PROJECT") or PROJECT,
            "group": self.setup.experiment,
            "dir": self.dir,
            "reinit": "create_new",
            "settings": settings,
        }
        try:
            return wandb.init(mode=self.mode, **everywhere, **options)  # type: ignore[arg-type]
        except (Exception, SystemExit) as error:
            if self.mode != "online":
                raise
            self.mode = "offline"
            self.say(
                f"cannot be reached ({named(error)}): runs are kept in {self.dir}/wandb, and `wandb sync` sends them"
            )
            options["id"] = secrets.token_hex(8)  # W&B takes the run that failed to begin for one that goes on
            return wandb.init(mode=self.mode, **everywhere, **options)  # type: ignore[arg-type]

    def log_points(self, run: wandb.Run, points: Points) -> None:
        """One row a step."""
        for step, values in points:
            run.log({STEP: step, **values})

    def finish(self, run: wandb.Run, end: End) -> None:
        """What the record says is the run's summary."""
        self.log_points(run, end.points)
        summary: Mapping[str, Any] = {**end.metrics, "status": end.status}
        run.summary.update(dict(summary) | ({} if end.failure is None else {"failure": end.failure}))
        run.finish(exit_code=FINISHED if end.is_ok else FAILED)

    def kill(self, run: wandb.Run) -> None:
        """As a process that was killed."""
        run.finish(exit_code=KILLED)

    def report(self, page: str) -> None:
        """As an artifact, and its figures as media."""
        run = self._init(name=REPORT, job_type=REPORT)
        artifact = wandb.Artifact(f"report-{self.setup.experiment.replace('/', '-')}", type=REPORT)
        for path in report_files(page):
            artifact.add_file(str(path), name=path.name)
        run.log_artifact(artifact)
        if images := {path.stem: wandb.Image(str(path)) for path in figures(page)}:
            run.log(images)
        run.finish()
