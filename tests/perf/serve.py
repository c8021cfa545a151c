"""How fast `bench serve` answers: latency and throughput for 1, 8 and 64 callers, each with one text at a time.

    python -m tests.perf.serve MODEL [--texts FILE.txt] [--seconds 10]

MODEL is the folder of a kept model. Callers are threads of this process, on this machine: they share its cores.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

from tests.support.ports import free_port

CALLERS = (1, 8, 64)
TEXTS = [f"Hello, since the update number {number} my invoice is wrong, please help" for number in range(200)]


def main() -> None:
    """Serve, ask, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--texts", type=Path, help="one a line (default: 200 made up ones of 12 words)")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    texts = (
        TEXTS if options.texts is None else [line for line in options.texts.read_text().splitlines() if line.strip()]
    )
    port = free_port()
    words = [sys.executable, "-m", "bench.serve", options.model, "--port", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    if not re.match("serving ", server.stdout.readline()):
        sys.exit("error: it is not served")
    try:
        measured(f"http://127.0.0.1:{port}", texts, 1, 2.0)  # warm
        print(f"{'callers':>8}{'p50 ms':>10}{'p99 ms':>10}{'texts/s':>10}{'requests':>10}")
        for callers in CALLERS:
            seconds, took = measured(f"http://127.0.0.1:{port}", texts, callers, options.seconds)
            p50, p99 = np.percentile(took, [50, 99]) * 1000
            print(f"{callers:>8}{p50:>10.1f}{p99:>10.1f}{len(took) / seconds:>10.0f}{len(took):>10}")
    finally:
        server.terminate()
        server.wait(30)


def measured(address: str, texts: Sequence[str], callers: int, seconds: float) -> tuple[float, list[float]]:
    """The seconds that it took, and those of each request."""
    begun = time.perf_counter()

    def call(number: int) -> list[float]:
        took = []
        with httpx.Client(base_url=address, timeout=60) as client:
            while time.perf_counter() - begun < seconds:
                text = texts[(number * 31 + len(took)) % len(texts)]
                clock = time.perf_counter()
                client.post("/predict", json={"texts": [text]}).raise_for_status()
                took.append(time.perf_counter() - clock)
        return took

    with ThreadPoolExecutor(callers) as pool:
        found = [one for took in pool.map(call, range(callers)) for one in took]
    return time.perf_counter() - begun, found


if __name__ == "__main__":
    main()
