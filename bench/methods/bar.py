"""A cell that is ended early because its validation leaves it no chance against the best row.

A bar is handed to the run of a cell by whoever runs it, as a deadline is: it is no part of what the cell is. Cells that
are trained in one stack are left alone. Imports nothing heavy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from bench.metrics.exact import mcnemar_less_p

FROM = 0.5
"""The part of the training after which a cell may be ended."""


class Pruned(Exception):
    """The cell was ended: it was behind the bar by more than trainings like it still gained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a cell has to be no worse than, on validation examples alone."""

    leader: str
    """What people call the best row."""
    correct: Mapping[str, bool]
    """Which validation examples (by id) the best row has right, with the cell's own seed."""
    gains: Sequence[tuple[float, float]]
    """Rising parts of a training (0 to 1), each with the most that like cells gained in validation accuracy from there
    to their end. Before the first of them nothing is known, and no cell is ended."""
    alpha: float = 0.01
    """How likely a cell may be ended that is as good as the leader: over all of its validations (Bonferroni)."""

    def gain_from(self, part: float) -> float | None:
        """The most that was gained from this part of a training on; None where that is not known."""
        known = [gain for begin, gain in self.gains if begin <= part + 1e-9]
        return known[-1] if known else None


class Watch:
    """Compares each validation of one training with a bar."""

    def __init__(self, bar: Bar, ids: Sequence[str]) -> None:
        """`ids` are of the cell's validation examples. Raises ValueError where the bar is not of the same."""
        if set(ids) != set(bar.correct):
            raise ValueError(f"{bar.leader} was not validated on this cell's examples")
        self.bar, self.theirs = bar, [bar.correct[each] for each in ids]
        self.ours: Sequence[bool] | None = None
        """Of the best validation so far: the weights that would be kept."""

    def __call__(self, seen: Any) -> None:
        """Take a `bench.methods.fitted.Validation`. Raises Pruned."""
        if self.ours is None or sum(seen.correct) > sum(self.ours):
            self.ours = [bool(each) for each in seen.correct]
        part = seen.step / seen.max_steps
        gain = self.bar.gain_from(part)
        if not FROM <= part < 1 or gain is None:
            return
        p = behind_p(self.ours, self.theirs, ceil(gain * len(self.theirs) - 1e-9))
        if p < self.bar.alpha / looks(seen.every, seen.max_steps):
            count = len(self.theirs)
            ours, theirs = (100 * sum(right) / count for right in (self.ours, self.theirs))
            raise Pruned(
                f"after step {seen.step} of {seen.max_steps}: {ours:.1f} % of {count} validation examples right, "
                f"{self.bar.leader} had {theirs:.1f} %, p = {p:.1g} even with the {100 * gain:.1f} points that like "
                "trainings still gained from there"
            )


def behind_p(ours: Sequence[bool], theirs: Sequence[bool], gain: int) -> float:
    """One-sided p, by McNemar's exact test, for `ours` being no worse than `theirs` after `gain` more are right: those
    that make p greatest, whether the other side has them right or not."""
    pairs = list(zip(ours, theirs, strict=True))
    only_ours, only_theirs = pairs.count((True, False)), pairs.count((False, True))
    neither = pairs.count((False, False))
    return max(
        mcnemar_less_p(only_ours + min(gain - caught, neither), max(0, only_theirs - caught))
        for caught in range(gain + 1)
    )


def looks(every: int, max_steps: int) -> int:
    """How many validations of a training can end it."""
    return max(1, sum(FROM <= step / max_steps < 1 for step in range(every, max_steps, every)))
