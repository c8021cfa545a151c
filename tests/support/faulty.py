"""Sweeps of quick cells that are made to fail, through the command that a user types."""

import json
import resource
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.results import store
from bench.results.claims import CLAIM
from bench.results.record import Record
from tests.support import texts
from tests.support.cli import REPOSITORY, command, environment

FAULTS = Path(__file__).parent / "faults"


@dataclass(frozen=True)
class Place:
    """A folder of its own for sweeps over the same results."""

    folder: Path
    results: Path

    def plan(self, faults: dict[Any, dict[str, Any]]) -> None:
        """What befalls the cells of these seeds (`*`: all others): kind, and perhaps times and seconds."""
        (self.folder / "faults.json").write_text(json.dumps(faults))
        for path in self.folder.glob("[0-9]*.[0-9]*"):
            path.unlink()

    def words(self, *overrides: str) -> list[str]:
        """The arguments of a quick cell, a baseline."""
        data = self.folder / "topics.csv"
        if not data.exists():
            texts.topics(60).to_csv(data, index=False)
        options = ("data=file", "data.name=topics", f"data.path={data}", "train_size=8", "seed=0")
        return [*options, "model=tfidf_sgd", *overrides]

    def environment(self) -> dict[str, str]:
        """What makes cells fail as planned."""
        if not (self.folder / "faults.json").exists():
            self.plan({})
        faults = {"FAULTS": str(self.folder / "faults.json"), "RUNS": str(self.folder / "runs.txt")}
        return environment(self.folder, {**faults, "PYTHONPATH": str(FAULTS)})

    def one(self, *overrides: str) -> subprocess.CompletedProcess[str]:
        """The cell of seed 0 without a sweep, to its end."""
        return subprocess.run(
            command(*self.words(*overrides), folder=self.folder, results=self.results),
            cwd=REPOSITORY, env=self.environment(), capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    def start(self, *overrides: str, cells: int = 8, largest_file: int | None = None) -> subprocess.Popen[str]:
        """Begin a sweep over baselines, one a seed, in a process group of its own, as a shell does.

        No file can get larger than `largest_file` bytes.
        """

        def prepare() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a background job's children ignore Ctrl-C, as tests may be
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

        seeds = "seed=" + ",".join(map(str, range(cells)))
        return subprocess.Popen(
            command("-m", *self.words(seeds, *overrides), folder=self.folder, results=self.results),
            cwd=REPOSITORY,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - no thread runs here
        )

    def sweep(self, *overrides: str, cells: int = 8) -> subprocess.CompletedProcess[str]:
        """A sweep, to its end."""
        process = self.start(*overrides, cells=cells)
        out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def records(self) -> dict[int, Record]:
        """All records, by seed. Raises UnreadableRecord."""
        found = [store.read(folder) for folder in store.scan(self.results)]
        return {record.configuration.seed: record for record in found if record is not None}

    def statuses(self) -> dict[int, str]:
        return {seed: record.status.value for seed, record in sorted(self.records().items())}

    def runs(self) -> list[list[str]]:
        """What began and ended: start or end, key, process, whole or halved, time."""
        notes = self.folder / "runs.txt"
        return [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []

    def starts(self) -> Counter[int]:
        """How often the cell of each seed was begun."""
        return Counter(seed_of(line[1]) for line in self.runs() if line[0] == "start")

    def wait_for(self, text: str, count: int = 1, seconds: float = 60) -> None:
        """Until so many cells began (`start`) or ended (`end`)."""
        deadline = time.monotonic() + seconds
        while sum(line[0] == text for line in self.runs()) < count:
            assert time.monotonic() < deadline, f"waited in vain for {count} times {text}"
            time.sleep(0.02)

    def leftovers(self) -> list[str]:
        """Claims and half-written files that nobody needs."""
        names = (path.name for path in self.results.rglob("*") if path.is_file())
        return [name for name in names if name == CLAIM or name.startswith((".record", ".predictions", f".{CLAIM}"))]


def seed_of(key: str) -> int:
    """The seed that a cell's key names."""
    return int(key.rpartition("_seed-")[2].partition("_")[0])


def overlapping(runs: list[list[str]]) -> list[str]:
    """Keys of cells that began while they were running, as far as their processes noted it."""
    open_: set[str] = set()
    twice = []
    for what, key, *_ in runs:
        if what == "end":
            open_.discard(key)
        elif key in open_:
            twice.append(key)
        else:
            open_.add(key)
    return twice


def below(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """All processes that a sweep has started."""
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process], seconds: float = 5) -> bool:
    """Whether all end within so many seconds."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not alive
