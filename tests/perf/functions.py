"""Where the time of a way goes, function by function."""

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

from tests.perf.measure import Line

MAX_FUNCTIONS = 12
"""Functions that are named."""


def profile(way: Callable[[], object]) -> list[Line]:
    """The functions in which `way` spends most, without what they call."""
    profiler = cProfile.Profile()
    profiler.runcall(way)
    stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    whole = sum(own for _, _, own, _, _ in stats.values())
    ordered = sorted(stats.items(), key=lambda item: -item[1][2])[:MAX_FUNCTIONS]
    return [
        Line(f"  {name}", f"{Path(file).name}, {calls} calls", f"{100 * own / whole:.1f} %")
        for (file, _, name), (_, calls, own, _, _) in ordered
    ]
