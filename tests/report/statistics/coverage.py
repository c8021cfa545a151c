"""How often intervals hold the truth, and how often verdicts are false, over all settings that are promised.

    python -m tests.report.statistics.coverage [--rounds 1000] [--only accuracy macro_f1 ...]

Prints shares in percent; minutes of processor time. Nothing passes or fails: the tests run the same with few rounds.
"""

import argparse
from collections.abc import Callable, Iterable
from typing import Any

from tests.report.statistics import set_coverage
from tests.report.statistics import simulations as simulated
from tests.report.statistics.simulations import Shares

Part = tuple[Callable[[Any, int], Shares], Iterable[Any], float]
"""What is simulated, in which settings, and in which part of the rounds."""
PARTS: dict[str, Part] = {
    "accuracy": (simulated.accuracy_coverage, list(simulated.settings()), 1),
    "redrawn": (simulated.redrawn_coverage, [one for one in simulated.settings() if not one.firm], 1),
    "false_claims": (simulated.false_claims, list(simulated.settings((0.8,))), 1),
    "equivalence": (simulated.equivalence_coverage, list(simulated.settings((0.8,))), 0.4),
    "power": (
        simulated.power_reached,
        [one for one in simulated.settings((0.8,)) if not one.firm and one.seeds > 2],
        1,
    ),
    "sets": (set_coverage.set_coverage, list(set_coverage.settings()), 1),
    "uneven_sets": (set_coverage.set_coverage, list(set_coverage.uneven_settings()), 1),
    "set_differences": (set_coverage.difference_coverage, list(set_coverage.settings()), 1),
    "macro_f1": (simulated.macro_f1_coverage, list(simulated.settings((0.8,))), 0.4),
}


def main() -> None:
    """One line a setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--only", nargs="+", default=list(PARTS), choices=PARTS)
    options = parser.parse_args()
    for name in options.only:
        simulate, settings, part = PARTS[name]
        for setting in settings:
            found = simulate(setting, max(1, round(part * options.rounds)))
            said = "  ".join(f"{what} {100 * share:5.1f}" for what, share in found.items())
            print(f"{setting}: {said}", flush=True)


if __name__ == "__main__":
    main()
