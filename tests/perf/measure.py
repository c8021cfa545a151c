"""What the measurements share: ways that are run in turn, medians, and the lines of the table."""

import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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
class Taken:
    """What a way took, in seconds."""

    wall: float
    cpu: float = math.nan
    """Of the processors, in this process and those that it waited for. Other work on the machine hardly changes it.

    NaN: not measured."""

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.wall + other.wall, self.cpu + other.cpu)

    def __truediv__(self, count: float) -> "Taken":
        return Taken(self.wall / count, self.cpu / count)


NOTHING = Taken(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    work: str
    against: str
    measured: str
    cpu: str = ""
    """The same by processor time."""
    target: str = ""
    met: bool | None = None
    """None where nothing is asked for."""
    profile: Callable[[], list["Line"]] | None = field(default=None, compare=False)
    """Where the time goes, for a line that misses its target."""


class Stopwatch:
    """Running from when it is made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _cpu_seconds()

    def read(self) -> Taken:
        """What has passed."""
        return Taken(time.perf_counter() - self._wall, _cpu_seconds() - self._cpu)


def _cpu_seconds() -> float:
    used = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def compare(ways: Mapping[str, Callable[[], Taken]], rounds: int = ROUNDS) -> dict[str, Taken]:
    """The medians of what each way takes, run in turn `rounds` times."""
    taken: dict[str, list[Taken]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            taken[name].append(now := way())
            print(f"  round {number + 1}, {name}: {now.wall:.2f} s, {now.cpu:.2f} s of processors",
                  file=sys.stderr, flush=True)  # fmt: skip
    return {
        name: Taken(statistics.median(each.wall for each in all_of), statistics.median(each.cpu for each in all_of))
        for name, all_of in taken.items()
    }


def times(
    work: str,
    against: str,
    other: Taken,
    ours: Taken,
    *,
    target: float | None = None,
    profile: Callable[[], list[Line]] | None = None,
) -> Line:
    """How many times as long the other way takes; `target` is what is asked for at least."""
    wall, cpu = other.wall / ours.wall, other.cpu / ours.cpu
    asked = "" if target is None else f"at least {target:g} x"
    met = None if target is None else wall >= target
    return Line(work, against, f"{wall:.2f} x", "" if math.isnan(cpu) else f"{cpu:.2f} x", asked, met, profile)


def run(*words: str, **variables: str) -> Taken:
    """What a Python process takes with these words after `python`, and these environment variables.

    Exits where it fails.
    """
    variables |= {"OMP_NUM_THREADS": THREADS, "MKL_NUM_THREADS": THREADS} if THREADS else {}
    hub = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": str(REPOSITORY)}
    watch = Stopwatch()
    ended = subprocess.run(
        [sys.executable, *words], check=False, cwd=REPOSITORY, env=os.environ | hub | variables,
        capture_output=True, text=True,
    )  # fmt: skip
    taken = watch.read()
    if ended.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit code {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-3000:]}")
    return taken


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
    said = {True: "met", False: "missed", None: ""}
    rows = [("work", "against", "measured", "by processor time", "target", "")]
    rows += [(x.work, x.against, x.measured, x.cpu, x.target, said[x.met]) for x in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
