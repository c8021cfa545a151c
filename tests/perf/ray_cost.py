"""What Ray costs against the pool: `python -m tests.perf.ray_cost [--rounds 3] [--cells 40]`.

The same sweep of tiny TF-IDF cells by one worker, by either in turn. Prints of each: seconds until the first cell had
ended, seconds a cell after that, seconds in all, and processor time of all its processes.
"""

import argparse
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil

from tests.support.cli import REPOSITORY, command, environment
from tests.support.texts import topics

LOOK_SECONDS = 0.2
ENDED = re.compile(r"\[\d+/\d+\]")


def measured(words: list[str], cells: int) -> str:
    """One sweep, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        topics(60).to_csv(folder / "topics.csv", index=False)
        data = [
            "data=file",
            "data.name=topics",
            f"data.path={folder / 'topics.csv'}",
            "model=tfidf_sgd",
            "train_size=8",
        ]
        seeds = f"seed={','.join(map(str, range(cells)))}"
        asked = command("-m", *data, seeds, "device=cpu", "hydra.launcher.workers=1", *words, folder=folder)
        start, ends = time.monotonic(), []
        process = subprocess.Popen(asked, cwd=REPOSITORY, env=environment(folder), stdout=subprocess.PIPE, text=True)

        def listen() -> None:
            assert process.stdout is not None
            ends.extend(time.monotonic() - start for line in process.stdout if ENDED.match(line))

        listener = threading.Thread(target=listen)
        listener.start()
        used = _processor_time(process)
        listener.join()
        assert len(ends) == cells, f"{len(ends)} of {cells} cells ended"
        each = (ends[-1] - ends[0]) / (cells - 1)
        whole = time.monotonic() - start
        return f"first {ends[0]:5.1f} s  a cell {each * 1000:5.0f} ms  in all {whole:5.1f} s  processor {used:5.1f} s"


def _processor_time(process: subprocess.Popen[str]) -> float:
    """Seconds of the process and all below it, until it has ended, but for what they do after the last look."""
    top, used = psutil.Process(process.pid), {}
    while process.poll() is None:
        try:
            for each in (top, *top.children(recursive=True)):
                times = each.cpu_times()
                used[each.pid] = times.user + times.system
        except psutil.NoSuchProcess:
            continue  # it ended between two looks
        finally:
            time.sleep(LOOK_SECONDS)
    return sum(used.values())


def main() -> None:
    """Measure both in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cells", type=int, default=40)
    options = parser.parse_args()
    for _ in range(options.rounds):
        for name, words in {"pool": [], "ray": ["hydra/launcher=ray"]}.items():
            print(f"{name:5}", measured(words, options.cells), flush=True)


if __name__ == "__main__":
    main()
