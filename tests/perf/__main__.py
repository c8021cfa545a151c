"""One command that measures what speed is promised, and prints one table.

    python -m tests.perf [--only cell sweep fused last_block probe overhead growth profile steps compile]

See tests/perf/README.md.
"""

import argparse
import os
import platform
import sys

from bench.running.devices import use_one_gpu, visible_gpus
from tests.perf import emotions, overhead, phases, stacking, trunks
from tests.perf.measure import DEVICE, EPOCHS, ROUNDS, show

PARTS = {
    "cell": emotions.cell,
    "sweep": emotions.sweep,
    "fused": stacking.fused,
    "last_block": trunks.last_block,
    "probe": trunks.probe,
    "overhead": overhead.overhead,
    "growth": overhead.growth,
    "profile": phases.profile,
    "steps": stacking.steps,
    "compile": emotions.compiled,
}


def main() -> None:
    """Measure, then print; what misses its target shows where its time goes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=list(PARTS), choices=PARTS)
    only = parser.parse_args().only
    if DEVICE == "cuda" and not visible_gpus():
        sys.exit("error: PERF_DEVICE=cuda, and no GPU is visible")
    if DEVICE == "cuda":
        use_one_gpu()  # the commands that are measured inherit it
    lines = [line for name in only for line in PARTS[name]()]
    profiles = {line.profile for line in lines if line.met is False and line.profile is not None}
    rounds = f"medians of {ROUNDS} rounds in turn ({emotions.SWEEP_ROUNDS} of sweeps)"
    machine = f"{os.cpu_count()} cores, {platform.machine()}; load {os.getloadavg()[0]:.1f}"
    print(f"\n{rounds}, GoEmotions cells of {EPOCHS} epochs, on {DEVICE}; {machine}\n")
    show(lines)
    for line in lines:
        if line.met is False and line.profile in profiles and line.profile is not None:
            profiles.remove(line.profile)
            print(f"\n{line.work} misses its target. Where its time goes:\n")
            show(line.profile())


if __name__ == "__main__":
    main()
