"""The answer of the report, as plain data that words are made of: best rows, ties, cheap rows, what beats what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.report.statistics import ceilings
from bench.report.statistics.correctness import Grid, places
from bench.report.statistics.paired import Comparison
from bench.report.statistics.power import Needed
from bench.report.statistics.significance import Verdicts
from bench.report.statistics.ties import Contender, Standing, standing

POINT = 0.01
"""Of accuracy."""

Costs = Mapping[tuple[str, int, int], float]
"""Mean training seconds of a cell by row, label count and training size (0 for untrained rows)."""


def training_costs(costs: ceilings.Costs) -> Costs:
    """The training seconds of `ceilings.costs_of`."""
    return {place: cost.train_seconds for place, cost in costs.items()}


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The cheapest row that gives up at most a point of accuracy."""

    row: str
    seconds: float
    """Mean training seconds of a cell."""
    seconds_of_best: float
    behind: Contender | None
    """How far it is behind the best; null where it is the best."""
    is_sure: bool
    """Whether all of the difference's interval is within the point, and not its middle alone."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What to take at one label count and training size."""

    standing: Standing
    cheapest: Cheapest | None
    """Null where the best row's cost is not known."""
    needed: Needed | None
    """What would tell the best row from the nearest that is tied with it; null where the best is decided."""
    nearest: str | None
    """The row that is tied with the best one and nearest to it."""


def budgets(
    grid: Grid,
    costs: Costs,
    rows: Sequence[str] | None = None,
    margin: float = POINT,
    verdicts: Verdicts | None = None,
) -> list[Budget]:
    """The answer at every label count and training size that trained rows have, over all rows or those of `rows`.

    `grid` is of one data set, `verdicts` of the grid (`ties.standing`). Points where no row has answers, and
    those where rows of a task had other examples, are left out.
    """
    verdicts = verdicts or Verdicts(grid)
    equal = [place for place in places(grid) if not verdicts.is_unequal(*place)]
    found = (standing(grid, labels, size, rows, verdicts) for labels, size in equal)
    return [
        Budget(one, cheapest_within(one, costs, margin), *_needed(one, margin, verdicts))
        for one in found
        if one is not None
    ]


def cheapest_within(one: Standing, costs: Costs, margin: float = POINT) -> Cheapest | None:
    """The cheapest row at most `margin` behind the best on common seeds; None where the best row's cost is unknown."""
    place = one.num_labels, one.train_size
    of_best = ceilings.cost_at(costs, one.best, *place)
    if of_best is None:
        return None
    chosen = Cheapest(one.best, of_best, of_best, None, True)
    for contender in one.others:
        seconds = ceilings.cost_at(costs, contender.row, *place)
        if seconds is not None and seconds < chosen.seconds and contender.within(margin):
            chosen = Cheapest(contender.row, seconds, of_best, contender, contender.surely_within(margin))
    return chosen


def _needed(one: Standing, margin: float, verdicts: Verdicts) -> tuple[Needed | None, str | None]:
    """For the tied row that is nearest."""
    if not one.tied:
        return None, None
    nearest = one.tied[0].against_best
    return verdicts.needed(nearest, one.num_labels, one.train_size, smallest=margin), nearest.b


Verdict = Literal["always", "from_size", "never", "unclear", "not_compared"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """From which training size a row beats another, at one label count."""

    row: str
    opponent: str
    num_labels: int
    verdict: Verdict
    """`always`: at every size. `from_size`: at `size` and every larger one, and not at the size before. `never`: at
    no size. `unclear`: at some sizes, but not at the largest. `not_compared`: nothing in common."""
    size: int | None
    """The smallest size from which on it is better by more than noise; null for the last three verdicts."""
    at: Mapping[int, Comparison]
    """The verdict at every size that both have, a is `row`."""
    left_out: tuple[int, ...]
    """Sizes that only one of the two has, or where they have no seed in common."""

    @property
    def is_ever_worse(self) -> bool:
        """Whether the row is worse by more than noise somewhere."""
        return any(one.b_is_better for one in self.at.values())


def crossing(grid: Grid, row: str, opponent: str, num_labels: int, verdicts: Verdicts | None = None) -> Crossing:
    """From which training size `row` beats `opponent`, and by how much (`Crossing.at`).

    A fixed sequence of tests, from the largest size down to the first that fails: no test needs a correction, for a
    size is looked at only where all larger ones were passed (Maurer, Hothorn and Lehmacher, 1995). `verdicts` are by
    default those of `grid`, with `opponent` as its baseline.
    """
    verdicts = verdicts or Verdicts(grid, baseline=opponent)
    mine, theirs = (
        {p.train_size for p, seeds in grid.items() if p.row == name and p.num_labels == num_labels and seeds}
        for name in (row, opponent)
    )
    sizes = sorted((mine | theirs) - {0}) or sorted(mine | theirs)
    made = {size: verdicts.of(row, opponent, num_labels, size) for size in sizes}
    at = {size: one for size, one in made.items() if one is not None}
    verdict, since = _verdict(at)
    return Crossing(row, opponent, num_labels, verdict, since, at, tuple(size for size in sizes if size not in at))


def _verdict(at: Mapping[int, Comparison]) -> tuple[Verdict, int | None]:
    """From the largest size down, as long as the row is better."""
    if not at:
        return "not_compared", None
    since = None
    for size in sorted(at, reverse=True):
        if not at[size].a_is_better:
            break
        since = size
    if since is not None:
        return ("always" if since == min(at) else "from_size"), since
    return ("unclear" if any(one.a_is_better for one in at.values()) else "never"), None
