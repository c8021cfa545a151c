"""What to use at each label count and number of labelled examples, and under each ceiling, as plain data.

Everything here goes by the verdicts of `significance.Verdicts`: whether a row beats the baseline is not tested again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.report.statistics.ceilings import ANY, Ceiling, Cost, Costs, cost_at, within
from bench.report.statistics.correctness import places
from bench.report.statistics.intervals import Interval
from bench.report.statistics.paired import Comparison
from bench.report.statistics.power import Needed
from bench.report.statistics.significance import Place, Verdicts
from bench.report.statistics.ties import Contender, Standing, standing

POINT = 0.01
"""A gain over the baseline that is surely no bigger is not worth leaving it for."""
CHEAPER = 2 / 3
"""What a cheaper row costs at most, as a part of the recommended one's training time."""

Decision = Literal["use", "stay", "undecided", "only"]
"""`use`: the row beats the baseline, or there is none. `stay`: with the baseline, for nothing is in front of it or what
is in front gains at most a point. `undecided`: these runs do not say. `only`: nothing else was run there."""


@dataclass(frozen=True, slots=True)
class Cheaper:
    """The best of the rows that cost clearly less than the recommended one."""

    contender: Contender
    """Held against the recommended one."""
    cost: Cost

    @property
    def row(self) -> str:
        """Its row."""
        return self.contender.row


@dataclass(frozen=True, slots=True)
class Answer:
    """What to use at one label count and number of training examples, of the rows that a ceiling leaves."""

    standing: Standing
    """Over the rows that the ceiling leaves."""
    ceiling: Ceiling
    decision: Decision
    row: str
    """The recommended row; the one in front where nothing is decided."""
    over_baseline: Comparison | None
    """a is `row`; null where it is the baseline, or there is none to compare it with."""
    score: Interval
    """Of `row`."""
    others: tuple[Contender, ...]
    """The other rows, held against `row`, by their difference to it; those that can't be compared are left out."""
    higher: str | None
    """The row in front where it is not `row`, for it does not surely beat the baseline and `row` does."""
    cost: Cost | None
    cheaper: Cheaper | None
    to_decide: Needed | None
    """What would decide between `row` and the baseline, where that is open."""
    may_change: tuple[str, ...]
    """Rows that were not run there, and were in front of `row` at another number of examples."""
    too_dear: tuple[str, ...]
    """Rows with a result there that are above the ceiling."""

    @property
    def named(self) -> str:
        """The row that the decision names: the baseline where it is to stay with it."""
        return self.over_baseline.b if self.decision == "stay" and self.over_baseline is not None else self.row

    @property
    def tied(self) -> tuple[Contender, ...]:
        """The rows that `row` is not significantly better than."""
        return tuple(one for one in self.others if one.tied)


def answers(
    verdicts: Verdicts,
    costs: Costs,
    missing: Mapping[Place, Collection[str]] | None = None,
    ceilings: Sequence[Ceiling] = (ANY,),
) -> list[Answer]:
    """The answer at every place of the grid and under each ceiling; places where nothing is known are left out.

    `missing` are rows by label count and size (0: untrained) none of whose cells was run, though they are planned.
    """
    found = []
    for labels, size in places(verdicts.grid):
        if verdicts.is_unequal(labels, size):
            continue
        for ceiling in ceilings:
            made = answer(verdicts, costs, (labels, size), ceiling, (missing or {}).get((labels, size), ()))
            found += [] if made is None else [made]
    return found


def answer(
    verdicts: Verdicts,
    costs: Costs,
    place: Place,
    ceiling: Ceiling = ANY,
    missing: Collection[str] = (),
) -> Answer | None:
    """What to use at one place; None where no row that the ceiling leaves has answers there."""
    here = list(verdicts.rows_at(*place))
    left = [row for row in here if row == verdicts.baseline or within(cost_at(costs, row, *place), ceiling)]
    one = standing(verdicts.grid, *place, left, verdicts)
    if one is None:
        return None
    row = recommended(one, verdicts)
    others = _held_against(row, one, verdicts)
    over = _over_baseline(row, one, verdicts)
    may_change = tuple(name for name in missing if _was_in_front(name, row, one, verdicts))
    decision = _decision(one, row, over, verdicts.baseline)
    if may_change and ceiling == ANY:
        decision = "undecided"
    return Answer(
        standing=one,
        ceiling=ceiling,
        decision=decision,
        row=row,
        over_baseline=over,
        score=one.score if row == one.best else next(each.score for each in one.others if each.row == row),
        others=others,
        higher=None if row == one.best else one.best,
        cost=cost_at(costs, row, *place),
        cheaper=_cheaper(one, row, others, costs, verdicts.baseline),
        to_decide=None if over is None or decision != "undecided" else verdicts.needed(over, *place, smallest=POINT),
        may_change=may_change,
        too_dear=tuple(name for name in here if name not in left),
    )


def recommended(one: Standing, verdicts: Verdicts) -> str:
    """The row in front; where it does not surely beat the baseline, and one that ties with it does, that one; the
    baseline where nothing is above it."""
    base, place = verdicts.baseline, (one.num_labels, one.train_size)
    if base is None or one.best == base or _beats(verdicts, one.best, base, place):
        return one.best
    if (over := verdicts.of(one.best, base, *place)) is not None and over.difference.estimate <= 0:
        return base
    surer = (each.row for each in one.tied if each.row != base and _beats(verdicts, each.row, base, place))
    return next(surer, one.best)


def _held_against(row: str, one: Standing, verdicts: Verdicts) -> tuple[Contender, ...]:
    if row == one.best:
        return one.others
    scores = {one.best: one.score} | {each.row: each.score for each in one.others}
    made = {name: verdicts.of(row, name, one.num_labels, one.train_size) for name in scores if name != row}
    found = [Contender(name, scores[name], against) for name, against in made.items() if against is not None]
    return tuple(sorted(found, key=lambda each: each.against_best.difference.estimate))


def _beats(verdicts: Verdicts, row: str, base: str, place: Place) -> bool:
    made = verdicts.of(row, base, *place)
    return made is not None and made.a_is_better


def _over_baseline(row: str, one: Standing, verdicts: Verdicts) -> Comparison | None:
    base = verdicts.baseline
    if base is None or base == row:
        return None
    return verdicts.of(row, base, one.num_labels, one.train_size)


def _decision(one: Standing, row: str, over: Comparison | None, base: str | None) -> Decision:
    if not one.others:
        return "only"
    if row == base:
        nearest = one.others[0].against_best
        return "stay" if nearest.paired.decides else "undecided"
    if over is not None:
        if over.a_is_better:
            return "use"
        if not over.paired.decides:
            return "undecided"
        return "stay" if over.difference.high <= POINT else "undecided"
    return "use" if all(contender.against_best.paired.decides for contender in one.others) else "undecided"


def _cheaper(
    one: Standing, row: str, others: Sequence[Contender], costs: Costs, baseline: str | None
) -> Cheaper | None:
    """The best of the rows that train in at most `CHEAPER` of the time; the baseline is named anyway, and not here."""
    place = one.num_labels, one.train_size
    mine = cost_at(costs, row, *place)
    for contender in others:
        cost = cost_at(costs, contender.row, *place)
        if mine is None or cost is None or contender.row == baseline or not cost.is_trained:
            continue
        if cost.train_seconds <= CHEAPER * mine.train_seconds:
            return Cheaper(contender, cost)
    return None


def _was_in_front(name: str, row: str, one: Standing, verdicts: Verdicts) -> bool:
    """Whether a row had a higher mean than `row` at another number of examples, at the same label count."""
    sizes = {point.train_size for point in verdicts.grid if point.row == name and point.num_labels == one.num_labels}
    made = (verdicts.of(name, row, one.num_labels, size) for size in sizes - {one.train_size})
    return any(found is not None and found.difference.estimate > 0 for found in made)
