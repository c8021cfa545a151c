"""What the pool costs a cell, against a bare loop over the same cells in one process.

    python -m tests.perf.overhead [cells] [rounds]

Both run quick baselines, in turn; the first cell of each, which carries the imports, is left out.
"""

import itertools
import sys
import tempfile
import time
from pathlib import Path

from bench.cell import Cell
from bench.compose import to_cell
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, Slot
from tests.perf import functions
from tests.perf.measure import ROUNDS, Line, Taken, compare
from tests.support import texts
from tests.support.cli import composed

MAX_SECONDS, MAX_GROWTH = 0.2, 1.1
"""What is asked for; a tenth is left to chance."""


class Clock(Progress):
    """Notes when cells end, and prints nothing."""

    def __init__(self, cells: list[Cell]) -> None:
        super().__init__(cells)
        self.ends: list[float] = []

    def advance(self, cell: Cell, status: Status, slot: Slot | None = None) -> None:
        assert status is Status.OK
        self.ends.append(time.perf_counter())


def pool(cells: list[Cell], results: Path) -> Taken:
    """A cell."""
    clock = Clock(cells)
    run_pool(
        cells,
        Settings(results_dir=str(results), device="cpu"),
        clock,
        {cell.key: None for cell in cells},
        PoolOptions(),
    )
    return Taken((clock.ends[-1] - clock.ends[0]) / (len(cells) - 1))


def loop(cells: list[Cell], results: Path) -> Taken:
    """A cell."""
    from bench.running.run import run_cell

    ends = []
    for cell in cells:
        assert run_cell(cell, Settings(results_dir=str(results), device="cpu")).status is Status.OK
        ends.append(time.perf_counter())
    return Taken((ends[-1] - ends[0]) / (len(cells) - 1))


def baselines(folder: Path, count: int) -> list[Cell]:
    """Quick cells: the baseline, on a few small texts."""
    data = folder / "topics.csv"
    texts.topics(60).to_csv(data, index=False)
    seeds = "seed=" + ",".join(map(str, range(count)))
    words = ("-m", "model=tfidf_sgd", "data=file", "data.name=topics", f"data.path={data}", "train_size=8", seeds)
    return [to_cell(content) for content in composed(*words)]


def measure(count: int, rounds: int) -> dict[str, float]:
    """Median seconds a cell, of `pool` and of `loop`."""
    with tempfile.TemporaryDirectory() as folder:
        cells, number = baselines(Path(folder), count), itertools.count()
        ways = {name: lambda way=way: way(cells, Path(folder) / str(next(number))) for name, way in WAYS.items()}
        return {name: taken.wall for name, taken in compare(ways, rounds).items()}


WAYS = {"pool": pool, "loop": loop}


def profile() -> list[Line]:
    """Where a bare loop's time goes."""
    with tempfile.TemporaryDirectory() as folder:
        cells = baselines(Path(folder), 20)
        return functions.profile(lambda: loop(cells, Path(folder) / "results"))


def overhead() -> list[Line]:
    """What the pool adds to a cell."""
    medians = measure(40, ROUNDS)
    added = medians["pool"] - medians["loop"]
    target, is_met = f"at most {MAX_SECONDS} s", added <= MAX_SECONDS
    return [Line("pool overhead per warm cell", "bare loop", f"{added:.3f} s", "", target, is_met, profile)]


def growth() -> list[Line]:
    """Time per cell of 64 cells against 8."""
    with tempfile.TemporaryDirectory() as folder:
        cells, number = baselines(Path(folder), 64), itertools.count()
        ways = {n: lambda n=n: pool(cells[:n], Path(folder) / str(next(number))) for n in (8, 64)}
        medians = compare({str(n): way for n, way in ways.items()})
    grown = medians["64"].wall / medians["8"].wall
    target, is_met = f"at most {MAX_GROWTH} x", grown <= MAX_GROWTH
    return [Line("64 tiny cells, time per cell", "8 tiny cells", f"{grown:.2f} x", "", target, is_met, profile)]


def main() -> None:
    """Print medians over rounds."""
    count, rounds = (int(word) for word in (sys.argv[1:] or ("40", "5")))
    medians = measure(count, rounds)
    print(f"{count} cells, {rounds} rounds in turn, medians: pool {medians['pool']:.4f} s a cell, "
          f"bare loop {medians['loop']:.4f} s; the pool adds {medians['pool'] - medians['loop']:.4f} s")  # fmt: skip


if __name__ == "__main__":
    main()
