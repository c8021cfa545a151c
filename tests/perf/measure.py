"""What the measurements share: ways that are run in turn, medians, and the lines of the table."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.sources.cache import cache_folder
from tests.support.cli import REPOSITORY

ROUNDS = int(os.environ.get("PERF_ROUNDS", "3"))
"""How often every way is run; medians count."""
EPOCHS = int(os.environ.get("PERF_EPOCHS", "5"))
"""Of the GoEmotions cells. The study has 5; fewer are quicker to measure, and give imports and data more weight."""
DEVICE = os.environ.get("PERF_DEVICE", "cpu")
"""`cpu` or `cuda`."""
THREADS = os.environ.get("PERF_THREADS")
"""Of every process; the default is what the libraries choose."""
DATA = Path(os.environ.get("PERF_DATA", REPOSITORY.parent / "shared/data/go_emotions"))
"""GoEmotions: the folder with its parquet files."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: how many times longer the other way takes."""

    work: str
    against: str
    measured: str
    target: str


def compare(ways: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median of the seconds that each way gives, run in turn `rounds` times."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            taken[name].append(way())
            print(f"  round {number + 1}, {name}: {taken[name][-1]:.2f} s", file=sys.stderr, flush=True)
    return {name: statistics.median(values) for name, values in taken.items()}


def ratio(other: float, ours: float) -> str:
    """How many times as long the other way takes."""
    return f"{other / ours:.2f} x"


def run(*words: str, **variables: str) -> float:
    """Seconds of wall time of a Python process with these words after `python`, and these environment variables.

    Exits where it fails.
    """
    variables |= {"OMP_NUM_THREADS": THREADS, "MKL_NUM_THREADS": THREADS} if THREADS else {}
    hub = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": str(REPOSITORY)}
    clock = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *words], check=False, cwd=REPOSITORY, env=os.environ | hub | variables,
        capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - clock
    if ended.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit code {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-3000:]}")
    return seconds


@contextmanager
def threads() -> Iterator[None]:
    """This process with as many threads as the others have."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(int(THREADS or before))
    yield
    torch.set_num_threads(before)


def fresh_cache(folder: Path) -> Path:
    """A cache folder without features, and with the wheels and models of the user's own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("wheels", "models"):
        (cache_folder(None) / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(cache_folder(None) / name)
    return folder


def show(lines: list[Line]) -> None:
    """The table."""
    rows = [("work", "against", "measured", "at least"), *((x.work, x.against, x.measured, x.target) for x in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
