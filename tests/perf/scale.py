"""How long plan, status and a sweep with nothing to do take on a grid of 10,000 finished cells.

    python -m tests.perf.scale [--cells 10000] [--runs 3] [--folder FOLDER]

Prints seconds of wall time, each command run to its end. Nothing here passes or fails.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.cli import REPOSITORY, composed, environment
from tests.sweep import simulated

COMMANDS = {"plan": ["command=plan"], "status": ["command=status"], "sweep": []}


def main() -> None:
    """Simulate the records once, then time the commands."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where records are kept for the next time (default: nowhere)")
    parser.add_argument("--commands", nargs="+", default=list(COMMANDS), choices=COMMANDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        words = simulated.experiment(folder, options.cells)
        if not (folder / "results").exists():
            clock = time.perf_counter()
            cells = simulated.finish(composed(*words), folder / "results")
            print(f"{len(cells)} records written in {time.perf_counter() - clock:.1f} s", flush=True)
        for name in options.commands:
            times = [_timed([*words, *COMMANDS[name]], folder) for _ in range(options.runs)]
            print(f"{name}: {' '.join(f'{seconds:.1f}' for seconds in times)} s", flush=True)


def _timed(words: list[str], folder: Path) -> float:
    folders = [f"results_dir={folder / 'results'}", f"reports_dir={folder / 'reports'}"]
    clock = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "bench", *words, *folders],
        check=False,
        cwd=REPOSITORY,
        env=environment(folder),
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - clock
    if ended.returncode != 0:
        sys.exit(f"exit code {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}")
    return seconds


if __name__ == "__main__":
    main()
