"""pip as a program, so that the user's index, proxy and certificate settings hold; nothing is installed by it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.errors import UserError
from bench.sources.target import Target

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
SOURCES = ("antlr4-python3-runtime",)
"""What has no wheel, and is Python alone: one is made of it here."""
EPOCH = "315532800"
"""1980: the time of each file in a wheel that is made here, so that the next one is the same."""


def download_command(words: Sequence[str], folder: Path, target: Target) -> list[str]:
    """The command that puts wheels of requirements, and nothing that they need, into `folder`."""
    return [*PIP, "download", "--quiet", "--no-deps", "--dest", str(folder), *target.pip_options, *words]


def build_command(sources: Sequence[str], folder: Path) -> list[str]:
    """The command that makes wheels of what has none, or of a folder with sources, and puts them into `folder`."""
    return [*PIP, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), *sources]


def run(command: Sequence[str], what: str) -> None:
    """Run one of these commands. Raises UserError in pip's own words where it fails; `what` is what can't be had."""
    env = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", errors="replace", env=env)
    if done.returncode != 0:
        raise UserError(f"{what} cannot be had; {said(done.stderr)}")


def said(stderr: str) -> str:
    """What pip's output means for the user."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines or ["nothing"]
    # pip ends with "no matching distribution" even where no index answered; its warnings tell the two apart.
    unreachable = any("Retrying" in line for line in lines)
    advice = "no package index answered: check the network and" if unreachable else "check the version and"
    return f"pip says {errors[-1].removeprefix('ERROR: ')!r}; {advice} pip's index settings (`pip config list`)"
