"""Cells on trunk features, in one warm process, against the same cells without."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from bench.cell import Cell
from bench.compose import to_cell
from bench.results.record import Status
from bench.settings import Settings
from tests.perf import functions
from tests.perf.measure import DEVICE, NOTHING, Line, Stopwatch, Taken, compare, fresh_cache, run, threads, times
from tests.support.cli import composed

LAST_BLOCK = (
    "model=smollm2_135m", "method=last_block", "data=bbc_headlines",
    "num_labels=2", "train_size=32,128,512", "seed=0,1",
)  # fmt: skip


def cells_of(*words: str) -> list[Cell]:
    """The cells of a sweep, each once."""
    found = {cell.key: cell for cell in map(to_cell, composed("-m", *words))}
    return [cell for cell in found.values() if cell.method is not None]


def loop(cells: list[Cell], gigabytes: float) -> Taken:
    """All cells in one process, as a worker runs them; what they share on disk is empty to begin with."""
    from bench.running.run import run_cell
    from bench.running.warm import Warm

    with tempfile.TemporaryDirectory() as folder, threads():
        settings = Settings(
            results_dir=f"{folder}/results",
            cache_dir=str(fresh_cache(Path(folder) / "cache")),
            device=DEVICE,
            feature_cache_gb=gigabytes,
        )
        warm, watch = Warm(lasting=True), Stopwatch()
        for cell in cells:
            assert run_cell(cell, settings, warm=warm).status is Status.OK
        return watch.read()


def warmed(cells: list[Cell]) -> None:
    """Run one cell that nobody counts: it carries the imports."""
    loop(cells[:1], 0.0)


def alone(cells: list[Cell]) -> Taken:
    """The same number of probes, each a command of its own, without a cache."""
    taken = NOTHING
    for cell in cells:
        with tempfile.TemporaryDirectory() as folder:
            task = cell.task
            axes = (f"num_labels={task.num_labels}", f"train_size={task.train_size}", f"seed={task.seed}")
            taken += run(
                "-m", "bench", "model=minilm", "method=linear_probe", f"results_dir={folder}", f"device={DEVICE}",
                "feature_cache_gb=0", *axes,
            )  # fmt: skip
    return taken


def probe() -> list[Line]:
    """All linear probes of the demo."""
    cells = [cell for cell in cells_of("+experiment=demo") if cell.method.name == "linear_probe"]
    warmed(cells)
    ways: dict[str, Callable[[], Taken]] = {
        "commands": lambda: alone(cells),
        "without": lambda: loop(cells, 0.0),
        "with": lambda: loop(cells, 5.0),
    }

    def profile() -> list[Line]:
        return functions.profile(lambda: loop(cells, 5.0))

    medians, work = compare(ways), f"{len(cells)} linear probes of the demo, MiniLM"
    return [
        times(work, "one by one, no cache", medians["commands"], medians["with"], target=3, profile=profile),
        times(work, "one warm process, no cache", medians["without"], medians["with"]),
    ]


def last_block() -> list[Line]:
    """The last block of SmolLM2, 3 sizes and 2 seeds."""
    from bench.methods import last_block as method

    cells = cells_of(*LAST_BLOCK)
    warmed(cells)

    def whole() -> Taken:
        with mock.patch.object(method, "MAX_BYTES", 0):
            return loop(cells, 0.0)

    medians = compare({"without": whole, "with": lambda: loop(cells, 5.0)})
    return [
        times(
            "last_block on SmolLM2, 3 sizes x 2 seeds", "warm, whole model each step",
            medians["without"], medians["with"],
 target=3.5, profile=lambda: functions.profile(lambda: loop(cells, 5.0)),
        )
    ]  # fmt: skip
