"""How long plan, status and a sweep with nothing to do take on a grid of 10,000 finished cells.

    python -m tests.perf.scale [--cells 10000] [--runs 3] [--folder FOLDER] [--only plan status ...]

Prints seconds of wall time, and in brackets of processor time, of each command run to its end. Nothing passes or fails.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.sweep.index import INDEX
from tests.support.cli import REPOSITORY, composed, environment
from tests.sweep import simulated

COMMANDS = {
    "plan, records not indexed": ("command=plan", "results", True),
    "plan": ("command=plan", "results", False),
    "status": ("command=status", "results", False),
    "plan, nothing done": ("command=plan", "nothing", False),
    "status, nothing done": ("command=status", "nothing", False),
    "sweep": ("command=run", "results", False),
}
"""What is run, on which results, and whether the index is removed first."""


def main() -> None:
    """Simulate the records once, then time the commands."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where records are kept for the next time (default: nowhere)")
    parser.add_argument("--only", nargs="+", default=list(COMMANDS), choices=COMMANDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        words = simulated.experiment(folder, options.cells)
        if not (folder / "results").exists():
            clock = time.perf_counter()
            cells = simulated.finish(composed(*words), folder / "results")
            print(f"{len(cells)} records written in {time.perf_counter() - clock:.1f} s", flush=True)
        for name in options.only:
            times = [_timed(words, folder, *COMMANDS[name]) for _ in range(options.runs)]
            print(f"{name}: {'  '.join(f'{wall:.1f} ({processor:.1f})' for wall, processor in times)} s", flush=True)


def _timed(words: list[str], folder: Path, command: str, results: str, unindexed: bool) -> tuple[float, float]:
    """Seconds of wall and of processor time."""
    if unindexed:
        (folder / results / INDEX).unlink(missing_ok=True)
    folders = [f"results_dir={folder / results}", f"reports_dir={folder / 'reports'}"]
    before, clock = _processor(), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "bench", *words, command, *folders],
        check=False,
        cwd=REPOSITORY,
        env=environment(folder),
        capture_output=True,
        text=True,
    )
    wall, processor = time.perf_counter() - clock, _processor() - before
    if ended.returncode != 0:
        sys.exit(f"exit code {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}")
    return wall, processor


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
