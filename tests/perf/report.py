"""How long, and on how much memory, the report of 10,080 finished cells takes: cold, again, and after one new record.

    python -m tests.perf.report [--folder FOLDER] [--seeds 3] [--profile]

Records are simulated: 42 rows x 4 label counts x 20 training sizes x seeds, with 500 test answers each. Prints seconds
of wall time, in brackets of processor time, and the most memory of each command run to its end. `--profile` draws the
report in this process instead and prints where the time goes. Nothing passes or fails.
"""

import argparse
import cProfile
import os
import pstats
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.compose import to_cell, to_settings
from bench.report.inputs.records import ExpectedCell
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.sweep.launch import expected_cells
from tests.report import simulate
from tests.support.cli import REPOSITORY, command, composed, environment

GRID = """\
# @package _global_
defaults:
  - override /data: bbc_headlines

experiment: big
device: cpu

hydra:
  sweeper:
    params:
      num_labels: 2,4,8,16
      train_size: {sizes}
      seed: {seeds}
    rows:
      - {{model: "minilm,distilbert,bert_base", method: lora, method.r: "1,2,4,8,12,16,24,32,48,64"}}
      - {{model: "minilm,distilbert,bert_base", method: "linear_probe,last_block,full"}}
      - {{model: smollm2_135m, method: "lora,linear_probe"}}
      - {{model: tfidf_sgd}}
"""
SIZES = sorted(round(base * 2**power) for base in (32, 48) for power in range(10))
NUM_TEST = 500


def experiment(folder: Path, seeds: int) -> list[str]:
    """Write the experiment `big` below `folder`; return Hydra's arguments."""
    path = folder / "conf" / "experiment" / "big.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GRID.format(sizes=",".join(map(str, SIZES)), seeds=",".join(map(str, range(seeds)))))
    return ["--config-dir", str(folder / "conf"), "-m", "+experiment=big"]


def cells_of(folder: Path, words: list[str]) -> list[ExpectedCell]:
    """The experiment's cells, and a record for each if there is none yet."""
    configs = composed(*words, f"results_dir={folder / 'results'}")
    cells = expected_cells([to_cell(config) for config in configs], to_settings(configs[0]))
    missing = [cell for cell in cells if not cell.folder.exists()]
    if missing:
        clock = time.perf_counter()
        simulate.run(missing, num_test=NUM_TEST, max_length=64)
        print(f"{len(missing)} records written in {time.perf_counter() - clock:.0f} s", flush=True)
    return cells


def main() -> None:
    """Simulate the records once, then time the commands."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where records are kept for the next time (default: nowhere)")
    parser.add_argument("--seeds", type=int, default=3, help="3360 cells each")
    parser.add_argument("--profile", action="store_true", help="where the time of a cold report goes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        words = experiment(folder, options.seeds)
        cells = cells_of(folder, words)
        shutil.rmtree(folder / "reports", ignore_errors=True)
        if options.profile:
            _profile(cells, folder / "reports")
            return
        _timed("cold", words, folder)
        _timed("again, nothing changed", words, folder)
        simulate.write(cells[0], num_test=NUM_TEST, max_length=64)
        _timed("after one new record", words, folder)


def _timed(what: str, words: list[str], folder: Path) -> None:
    """Run `command=report` to its end and say what it took."""
    clock = time.perf_counter()
    process = subprocess.Popen(
        command(*words, "command=report", folder=folder),
        cwd=REPOSITORY,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - clock
    if process.returncode != 0:
        sys.exit(f"{what}: exit code {process.returncode}")
    processor = used.ru_utime + used.ru_stime
    print(f"{what}: {wall:.1f} ({processor:.1f}) s, {used.ru_maxrss / 2**20:.2f} GiB", flush=True)


def _profile(cells: list[ExpectedCell], folder: Path) -> None:
    with cProfile.Profile() as profile:
        write_report(cells, folder, ReportOptions("big"))
    pstats.Stats(profile).sort_stats("cumulative").print_stats(80)


if __name__ == "__main__":
    main()
