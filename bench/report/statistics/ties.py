"""Which row is best at a point of the grid, and which rows can't be told from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.metrics.table import ACCURACY
from bench.report.statistics.correctness import BySeed, Grid, metric_of_answers, rows_at, sample_of, untrained_rows
from bench.report.statistics.intervals import Interval, mean_interval
from bench.report.statistics.paired import ALPHA, Comparison
from bench.report.statistics.selection import in_front, with_all_seeds
from bench.report.statistics.significance import Verdicts


@dataclass(frozen=True, slots=True)
class Contender:
    """A row at one point, held against the best one there."""

    row: str
    score: Interval
    """Over all seeds that the row has."""
    against_best: Comparison
    """a is the best row, b is this one; on common seeds."""

    @property
    def tied(self) -> bool:
        """Whether it can't be told from the best, or is even in front of it on the few seeds that it has (`ahead`)."""
        return not self.against_best.a_is_better

    @property
    def ahead(self) -> bool:
        """Whether it is in front of the best where both have seeds: it only lacks seeds."""
        return self.against_best.difference.estimate < 0

    def within(self, margin: float) -> bool:
        """Whether it is at most `margin` behind the best, as estimated on common seeds."""
        return self.against_best.difference.estimate <= margin

    def surely_within(self, margin: float) -> bool:
        """Whether all of the interval is at most `margin` behind the best."""
        return self.against_best.difference.high <= margin


@dataclass(frozen=True, slots=True)
class Standing:
    """How the rows stand at one label count and training size."""

    num_labels: int
    train_size: int
    best: str
    score: Interval
    """The best row's accuracy, or the other metric that rows are compared by."""
    others: tuple[Contender, ...]
    """By the difference to the best, smallest first."""
    fewer_seeds: Mapping[str, int]
    """Rows with fewer seeds than the best, and how many they have: compared on these alone."""
    not_compared: tuple[str, ...]
    """Rows without a seed or test examples in common with the best."""
    metric: str = ACCURACY
    """The metric that rows are compared by."""

    @property
    def tied(self) -> tuple[Contender, ...]:
        """The rows that can't be told from the best."""
        return tuple(contender for contender in self.others if contender.tied)

    @property
    def is_significant(self) -> bool:
        """Whether the best row is better than every other by more than noise: each verdict says so, and so do all of
        them together (`Comparison.adjusted_p`)."""
        together = all(contender.against_best.adjusted_p < ALPHA for contender in self.others)
        return bool(self.others) and not self.tied and not self.not_compared and together

    @property
    def higher(self) -> tuple[Contender, ...]:
        """Rows with fewer seeds than the best whose mean over these is higher."""
        return tuple(one for one in self.others if one.score.estimate > self.score.estimate)


def standing(
    grid: Grid,
    num_labels: int,
    train_size: int,
    rows: Sequence[str] | None = None,
    verdicts: Verdicts | None = None,
) -> Standing | None:
    """How the rows (or those of `rows`) stand at a point; None where none has answers.

    The best row is the one with the highest mean among those that have the most seeds, so that a lucky single seed
    can't win; an untrained row, whose answers are the same for every seed, counts as having all of them. What is
    tied with it is the verdict of `verdicts` (default: those of `grid`, nothing planned), over all rows whatever `rows`
    are.
    """
    found = {row: seeds for row, seeds in rows_at(grid, num_labels, train_size).items() if rows is None or row in rows}
    if not found:
        return None
    untrained = untrained_rows(grid)
    full, best = with_all_seeds(found, untrained), in_front(found, untrained)
    assert best is not None
    verdicts = verdicts or Verdicts(grid)
    place = num_labels, train_size
    made = {row: verdicts.of(best, row, *place) for row in found if row != best}
    others = [Contender(row, mean_interval(sample_of(found[row])), one) for row, one in made.items() if one is not None]
    return Standing(
        num_labels=num_labels,
        train_size=train_size,
        best=best,
        score=mean_interval(sample_of(found[best])),
        others=tuple(sorted(others, key=lambda contender: contender.against_best.difference.estimate)),
        fewer_seeds={row: len(found[row]) for row in found if row not in full and verdicts.lacks_seeds(row, *place)},
        not_compared=tuple(row for row, one in made.items() if one is None),
        metric=metric_of_answers(found),
    )


def rank_ranges(rows: Mapping[str, BySeed], comparisons: Iterable[Comparison]) -> dict[str, tuple[int, int]]:
    """The ranks that each row may have at one place: 1 + rows better than it, to all but the rows worse than it.

    `comparisons` are those of `Verdicts.pairs`; rows that were not compared count as not told apart.
    """
    better, worse = dict.fromkeys(rows, 0), dict.fromkeys(rows, 0)
    for one in comparisons:
        if one.is_significant:
            winner, loser = (one.a, one.b) if one.a_is_better else (one.b, one.a)
            better[loser] += 1
            worse[winner] += 1
    return {row: (1 + better[row], len(better) - worse[row]) for row in better}
