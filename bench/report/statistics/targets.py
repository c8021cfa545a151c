"""How many training examples a target accuracy takes, by a curve that was carried on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.report.statistics.curves import LEVEL, Band, Curve, Observed, Refusal

STEPS = 600
"""Training sizes that are looked at, evenly on the log scale."""
Verdict = Literal["at_most", "between", "at_least", "not_reachable", "refused"]


@dataclass(frozen=True, slots=True)
class ExamplesNeeded:
    """Training examples for a target."""

    target: float
    """An accuracy."""
    verdict: Verdict
    """`at_most`: the smallest size does it. `between`: `low` to `high`. `at_least`: `low` or more, no upper end in
    sight. `not_reachable`: by this curve not within `searched_to`, even at the upper end of its band, and not by what
    was measured. `refused`: the curve must not be carried on."""
    estimate: int | None
    """Where the curve itself gets there; null where it doesn't within `searched_to`."""
    low: int | None
    high: int | None
    searched_to: int | None
    """The largest training size that was looked at."""
    reason: str
    """Why it is refused, or why nothing beyond `searched_to` was looked at."""


def examples_needed(curve: Curve | Refusal, target: float, level: float = LEVEL) -> ExamplesNeeded:
    """Training examples for the expected accuracy `target`, on the same test set.

    The ends are where the curve's band (of `level`) reaches the target, unless what was measured says otherwise
    (`measured_ends`): a size whose interval is above the target is enough, one whose interval is below is not. On 58
    real curves the estimate was within a factor of 2 of the truth in 9 of 10 cases at 4 times the largest size, in 1 of
    3 at 16 times.
    Raises ValueError unless 0 < target < 1.
    """
    if not 0 < target < 1:
        raise ValueError(f"a target accuracy is between 0 and 1, not {target}")
    if isinstance(curve, Refusal):
        return ExamplesNeeded(target, "refused", None, None, None, None, curve.reason)
    band = curve.band(np.geomspace(curve.observed.sizes[0], curve.largest * curve.most, STEPS), level)
    low, high = _capped(_first(band, band.high >= target), _stays(band, band.low >= target), curve.observed, target)
    estimate = _first(band, band.estimate >= target)
    if high is not None:
        estimate = high if estimate is None else min(estimate, high)
    if estimate is not None and low is not None:
        estimate = max(estimate, low)
    return ExamplesNeeded(
        target=target,
        verdict=_verdict(low, high, int(curve.observed.sizes[0])),
        estimate=estimate,
        low=low,
        high=high,
        searched_to=int(band.sizes[-1]),
        reason=curve.limit,
    )


def measured_ends(found: Observed, target: float) -> tuple[int | None, int | None]:
    """The largest size that was measured as too small for `target`, and the smallest beyond it that is enough.

    By the whole intervals of the sizes, not by their means; null where no interval is on that side.
    """
    sizes = [int(size) for size in found.sizes[: len(found.intervals)]]
    short = [size for size, one in zip(sizes, found.intervals, strict=True) if one.high < target]
    least = max(short, default=None)
    enough = [
        size
        for size, one in zip(sizes, found.intervals, strict=True)
        if one.low >= target and (least is None or size > least)
    ]
    return least, min(enough, default=None)


def _capped(low: int | None, high: int | None, found: Observed, target: float) -> tuple[int | None, int | None]:
    """The band's ends within what was measured; where they contradict each other, the measured one holds."""
    least, enough = measured_ends(found, target)
    if least is not None:
        low = low if low is None else max(low, least + 1)
        high = None if high is not None and high <= least else high
    if enough is not None:
        high = enough if high is None else min(high, enough)
        if low is None or low > high:
            low = int(found.sizes[0]) if least is None else least + 1
    return low, high


def _verdict(low: int | None, high: int | None, smallest: int) -> Verdict:
    if low is None:
        return "not_reachable"
    if high is None:
        return "at_least"
    return "at_most" if high <= smallest else "between"


def _first(band: Band, there: NDArray[np.bool_]) -> int | None:
    """The first size where it is so, rounded up; None where it never is."""
    return int(np.ceil(band.sizes[there.argmax()] - 1e-6)) if there.any() else None


def _stays(band: Band, there: NDArray[np.bool_]) -> int | None:
    """The first size from which on it is so to the end of what was looked at."""
    if not there[-1]:
        return None
    since = 0 if there.all() else len(there) - int((~there)[::-1].argmax())
    return int(np.ceil(band.sizes[since] - 1e-6))
