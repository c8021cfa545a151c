"""One command that measures what speed is promised, and prints one table.

    python -m tests.perf [--only cell sweep last_block probe overhead growth profile]

See tests/perf/README.md.
"""

import argparse
import os
import platform

from tests.perf import emotions, overhead, phases, trunks
from tests.perf.measure import DEVICE, EPOCHS, ROUNDS, show

PARTS = {
    "cell": emotions.cell,
    "sweep": emotions.sweep,
    "last_block": trunks.last_block,
    "probe": trunks.probe,
    "overhead": overhead.overhead,
    "growth": overhead.growth,
    "profile": phases.profile,
}


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=list(PARTS), choices=PARTS)
    only = parser.parse_args().only
    lines = [line for name in only for line in PARTS[name]()]
    print(f"\nmedians of {ROUNDS} rounds in turn, GoEmotions cells of {EPOCHS} epochs, on {DEVICE}; "
          f"{os.cpu_count()} cores, {platform.machine()}; load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    show(lines)


if __name__ == "__main__":
    main()
