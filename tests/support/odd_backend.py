"""A tracker whose library misbehaves, as the experiment's name says: with which word, with that of the cell's seed."""

import os
import signal
import sys
import time
from pathlib import Path

from bench.tracking.backends.base import Backend, Say
from bench.tracking.messages import End, Points, Run, Setup


def backend(setup: Setup, say: Say) -> "Odd":
    if setup.experiment == "exits-at-once":
        sys.exit("no login")
    return Odd(setup, say)


class Odd(Backend[str]):
    """Writes a line for each call, and then fails in its own way."""

    def note(self, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "calls").open("a") as file:
            file.write(text + "\n")

    def fail(self) -> None:
        match self.setup.experiment:
            case "raises":
                raise OSError(28, "No space left on device")
            case "rambles":
                raise OSError("a long story " * 100)
            case "exits":
                sys.exit(3)
            case "ends":
                print("segmentation fault", file=sys.stderr, flush=True)
                os._exit(7)
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "sleeps":
                time.sleep(3600)
            case "slow":
                time.sleep(0.3)

    def start(self, run: Run) -> tuple[str, str]:
        self.note(f"start {run.key}")
        self.fail()
        return run.key, run.key

    def resume(self, run: Run, found: str) -> str:
        self.note(f"resume {run.key}")
        return found

    def log_points(self, run: str, points: Points) -> None:
        self.note(f"log {run} {len(points)}")
        self.fail()

    def finish(self, run: str, end: End) -> None:
        self.note(f"finish {run} {end.status} {len(end.points)}")
        self.fail()

    def kill(self, run: str) -> None:
        self.note(f"kill {run}")

    def report(self, page: str) -> None:
        self.note(f"report {page}")


def calls(folder: Path) -> list[str]:
    path = folder / "calls"
    return path.read_text().splitlines() if path.exists() else []
