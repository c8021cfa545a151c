"""What a race is asked, and by which rules: with the answers, all that its verdicts depend on."""

from dataclasses import dataclass
from typing import Literal

FIRST = 2
"""Seeds at the first look: one says nothing of other seeds."""
MAX_SEEDS = 10
ERROR = 0.05
Question = Literal["best", "best_at_largest", "beats_baseline", "cheapest"]
"""`best`: which row is best at each label count and training size, and so whether it beats the baseline.
`best_at_largest`: the same at the largest size alone. `beats_baseline`: whether any row beats the baseline. `cheapest`:
a row that is cheap, and at most the margin behind the best."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Of a race."""

    seeds: tuple[int, ...] = tuple(range(MAX_SEEDS))
    """In the order in which they are run."""
    margin: float = 0.01
    """Rows that differ by less are as good as each other."""
    alpha: float = ERROR
    """In how many races of a point, at most, the row that is best is dropped: of its one-sided tests together."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a race is to find out."""

    rules: Rules
    question: Question = "best"
