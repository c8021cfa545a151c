"""A real Slurm for these tests, and sweeps of small cells on it."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.escape.filename import key_part
from bench.results import store
from bench.results.record import Record
from tests.slurm.cluster import Cluster, missing, until
from tests.support import texts, tiny
from tests.support.cli import REPOSITORY, command, environment

EXPERIMENT = """\
# @package _global_
defaults:
  - override /data: file
  - override /model: tfidf_sgd

experiment: {name}
data: {{name: topics, path: {data}}}
num_labels: 2
train_size: 8
device: auto
"""
LAUNCHER = """\
defaults: [slurm]
poll_seconds: 0.3
grace_seconds: 1
cpus_per_task: 1
time_minutes: 10
"""
"""A cluster's own values, as a user keeps them."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running Slurm with two GPUs; its folder is short, for the path of a socket has to be."""
    if gone := missing():
        pytest.exit(f"make test-slurm needs Slurm and munge, and {', '.join(gone)} cannot be found", returncode=2)
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    folder.chmod(0o755)
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `topics.csv` and, as a mirror of the hub, a tiny BERT."""
    folder = tmp_path_factory.mktemp("slurm")
    texts.topics(60).to_csv(folder / "topics.csv", index=False)
    tiny.build("bert", folder / "mirror/models/google-bert/bert-base-uncased")
    return folder


@dataclass(frozen=True)
class Run:
    """A cell's fit that began."""

    seed: int
    gpus: str
    """What Slurm set CUDA_VISIBLE_DEVICES to."""
    worker: int
    """Process id."""
    task: str
    """`12_3`."""


@dataclass
class Sweeps:
    """Sweeps over one results folder."""

    cluster: Cluster
    place: Path
    folder: Path
    processes: list["Sweeping"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Of the experiment, and so what its jobs' names start with."""
        return key_part(self.folder.name)

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def start(self, *overrides: str, launcher: str = "quick", race: bool = False) -> "Sweeping":
        """Start the command, or with `race` that of a race; it is watched, and killed when the test is over."""
        (self.folder / "conf/experiment").mkdir(parents=True, exist_ok=True)
        experiment = EXPERIMENT.format(name=self.name, data=self.place / "topics.csv")
        (self.folder / f"conf/experiment/{self.name}.yaml").write_text(experiment)
        (self.folder / "conf/hydra/launcher").mkdir(parents=True, exist_ok=True)
        (self.folder / "conf/hydra/launcher/quick.yaml").write_text(LAUNCHER)
        words = (
            "--config-dir",
            str(self.folder / "conf"),
            *([] if race else ["-m"]),
            self.name if race else f"+experiment={self.name}",
            f"hydra/launcher={launcher}",
        )
        env = {
            **self.cluster.environment,
            "PYTHONPATH": str(Path(__file__).parent / "inject"),
            "TESTS_SLURM": str(self.folder),
        }
        env["CUDA_VISIBLE_DEVICES"] = None  # which these tests, unlike the others, leave to Slurm
        process = subprocess.Popen(
            command(*words, *overrides, folder=self.folder, module="bench.decide" if race else "bench"),
            cwd=REPOSITORY,
            env=environment(self.folder, env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.processes.append(Sweeping(process))
        return self.processes[-1]

    def hold(self, *seeds: int) -> None:
        """Cells of these seeds (without any: all cells) begin and then wait."""
        for name in [f"hold-{seed}" for seed in seeds] or ["hold"]:
            (self.folder / name).touch()

    def let(self, *seeds: int) -> None:
        """Let them go on."""
        for name in [f"hold-{seed}" for seed in seeds] or ["hold"]:
            (self.folder / name).unlink()

    def runs(self) -> list[Run]:
        """What began, in order."""
        path = self.folder / "runs.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        words = [line.split() for line in lines]
        return [Run(int(seed), gpus, int(worker), task) for seed, gpus, worker, task in words]

    def began(self, *seeds: int) -> list[Run]:
        """Wait until cells of these seeds have begun; their latest runs."""
        until(lambda: {run.seed for run in self.runs()} >= set(seeds), lambda: f"not begun: {self}", 60)
        latest = {run.seed: run for run in self.runs()}
        return [latest[seed] for seed in seeds]

    def records(self) -> dict[int, Record]:
        """By seed."""
        found = [store.read(folder) for folder in store.scan(self.results)]
        return {record.configuration.seed: record for record in found if record is not None}

    def queue(self) -> list[str]:
        """The array tasks in the queue."""
        return self.cluster.queue(self.name)

    def submitted(self) -> int:
        """How many arrays were ever submitted."""
        return len({task.partition("_")[0] for task in self.cluster.queue(self.name, states="all")})

    def __str__(self) -> str:
        said = "".join(sweeping.text for sweeping in self.processes)
        return f"{said}\nbegun: {self.runs()}\nin the queue: {self.queue()}"

    def end(self) -> None:
        """Leave nothing running."""
        for sweeping in self.processes:
            if sweeping.process.poll() is None:
                sweeping.process.kill()
                sweeping.process.wait()
        self.cluster.cancel(self.name)


class Sweeping:
    """A sweep that runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.text = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.text += line

    def says(self, text: str) -> None:
        """Wait for it to print this."""
        until(lambda: text in self.text, lambda: f"it did not say {text!r}: {self.text}", 60)

    def ends(self, code: int) -> str:
        """Wait for its end; what it printed."""
        assert self.process.wait(timeout=120) == code, self.text
        self.reader.join()
        assert "Traceback" not in self.text
        return self.text

    def interrupt(self) -> None:
        """As Ctrl-C does: the signal reaches the whole group."""
        os.killpg(self.process.pid, signal.SIGINT)


@pytest.fixture
def sweeps(cluster: Cluster, place: Path, tmp_path: Path) -> Iterator[Sweeps]:
    sweeps = Sweeps(cluster, place, tmp_path)
    yield sweeps
    sweeps.end()
