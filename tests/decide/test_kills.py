"""Races that are killed at any moment, and races of several machines: nothing is lost and nothing is run twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.decide.conftest import Grid
from tests.support import cli

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "3"))
OBSERVER = """
from pathlib import Path
from bench.running.observers import Observer

class Heard(Observer):
    def __init__(self, settings):
        self.file = Path(settings.results_dir).parent / "heard.txt"

    def on_record(self, cell, folder, record):
        with self.file.open("a") as file:
            file.write(cell.key + "\\n")

def observer(settings):
    return Heard(settings)
"""


def started(grid: Grid, *more: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    words = [sys.executable, "-m", "bench.decide", *grid.all_words, "max_seeds=4", "observers=[heard]", *more]
    env = {**cli.environment(grid.folder), "PYTHONPATH": str(grid.folder)}
    return subprocess.Popen(
        words, cwd=cli.REPOSITORY, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip


def verdicts(said: str) -> list[str]:
    """The lines after the last count of what was answered."""
    lines = said.splitlines()
    start = max(place for place, line in enumerate(lines) if "answered" in line)
    return [line for line in lines[start + 1 :] if not line.startswith("report:")]


def heard(grid: Grid) -> list[str]:
    path = grid.folder / "heard.txt"
    return path.read_text().split() if path.exists() else []


def whole(grid: Grid) -> bool:
    """Whether every record can be read, and nothing half-written is left beside it."""
    records = list((grid.folder / "results").rglob("record.json"))
    return all(json.loads(path.read_text())["status"] == "ok" for path in records)


@pytest.fixture
def heard_grid(grid: Grid) -> Grid:
    """A grid whose cells are written down as they end."""
    (grid.folder / "heard.py").write_text(OBSERVER)
    return grid


def test_a_race_that_is_killed_at_random_moments_ends_as_one_that_is_not(heard_grid: Grid, tmp_path_factory) -> None:
    grid, choose = heard_grid, random.Random(11)
    for _ in range(ROUNDS):
        process = started(grid)
        time.sleep(choose.uniform(2, 14))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert whole(grid)
    process = started(grid)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    again = started(grid)
    repeated, _ = again.communicate(timeout=300)
    assert "round" not in repeated
    assert verdicts(repeated) == verdicts(said)
    assert len(heard(grid)) == len(set(heard(grid))) == len(grid.records())  # each record was written once
    (ledger,) = (grid.folder / "results" / ".races").glob("*.json")
    assert grid.records() <= set(json.loads(ledger.read_text())["begun"])

    calm = Grid(tmp_path_factory.mktemp("calm"), grid.words)
    (calm.folder / "heard.py").write_text(OBSERVER)
    undisturbed, _ = started(calm).communicate(timeout=300)
    assert verdicts(undisturbed) == verdicts(said)
    assert calm.records() == grid.records()


def test_two_machines_that_share_a_folder_share_the_work(heard_grid: Grid) -> None:
    grid = heard_grid
    one, two = started(grid), started(grid, "reports_dir=" + str(Path(grid.folder, "others")))
    said = [process.communicate(timeout=400)[0] for process in (one, two)]
    assert one.returncode == two.returncode == 0, said
    assert len(heard(grid)) == len(set(heard(grid))) == len(grid.records())
    assert verdicts(said[0]) == verdicts(said[1])
