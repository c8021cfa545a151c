"""How the page's tables sort: by what an entry means, and the best first."""

import re

from bench.report.content.parts import Titled
from bench.report.statistics.metrics import lower_is_better

_DURATION = re.compile(r"(?:less than )?(?:(\d[\d,]*) h )?(?:(\d+) min)?(?: ?(\d[\d,]*(?:\.\d+)?) s)?(?![\w.])")
"""As `wording.duration` writes it, and seconds with decimals."""
_P = re.compile(r"p ([<=]) (\d*\.?\d+)")
_SMALL = re.compile(
    r"(?:expected |peak |average )?(?:loss|whole cell|memory|energy|price|GPU-hours|calibration error|rank)"
    r"|training (?:time|examples)|labels$|seed$|p(?:$|,)"
)
"""Heads of columns whose small values come first: costs, errors, and what is counted up."""
LITTLE = 1e-9


def sort_value(text: str) -> float | None:
    """What an entry is sorted by where that is not the number that it begins with: seconds of a duration, p."""
    if found := _P.match(text):
        return float(found[2]) - (LITTLE if found[1] == "<" else 0)
    found = _DURATION.match(text)
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds = (float((part or "0").replace(",", "")) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds - (LITTLE if text.startswith("less") else 0)


def small_first(titled: Titled, head: str) -> bool:
    """Whether the first press of a column's head puts its lowest numbers on top."""
    counts_examples = titled.title.startswith("Training examples")
    return lower_is_better(titled.metric) or counts_examples or _SMALL.match(head) is not None
