"""The one verdict on each pair of rows at each point of a grid: made once, and used by words, marks and tables alike.

- What was planned is tested by itself: a row against the baseline, and against a linear probe. Its verdict depends on
  the answers of the two rows alone, and stays as it is whatever else finishes. But the row that is in front of all,
  or of the fine-tuned ones, was chosen by these answers: that it is above is corrected for the rows it was chosen from.
- Nobody planned the other pairs, so all pairs of rows at a point are looked at together: the seeds' mean square is
  pooled over rows whose seeds spread alike, and p is corrected for all pairs of the point (Holm). That p is known of
  planned pairs, too, and decides nothing about them.
- One common seed decides nothing where something was trained: it knows nothing of other seeds.
- Where rows raced (`race`), its looks decide on every pair: p is over all of them, corrected for the rows of the point.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from bench.report.statistics.correctness import BySeed, Grid, rows_at, untrained_rows
from bench.report.statistics.intervals import StandardError
from bench.report.statistics.looks import examples_needed
from bench.report.statistics.pair_tests import Pair, named, pooled_tests
from bench.report.statistics.paired import ALPHA, Comparison, compare, holm_p, p_value, pairing
from bench.report.statistics.power import Needed, seeds_needed
from bench.report.statistics.race import Race
from bench.report.statistics.selection import alpha_of_chosen, in_front, p_of_chosen, with_all_seeds

Place = tuple[int, int]
"""Label count and training size."""


@dataclass(frozen=True)
class Verdicts:
    """Of one data set. Rows of a size are those with that many training examples, and those without any."""

    grid: Grid
    baseline: str | None = None
    probes: Collection[str] = ()
    """Rows that fine-tuning is held against beside the baseline."""
    tuned: Sequence[str] = ()
    """Rows that are fine-tuned: the one in front of them is looked at by itself."""
    unequal: Collection[Place] = ()
    """Where rows of one task had other examples, so that nothing can be compared; size 0 stands for untrained rows."""
    races: Mapping[Place, Race] = field(default_factory=dict)
    """Of the points where rows raced against each other."""
    _corrected: dict[Place, dict[Pair, float]] = field(default_factory=dict, repr=False)
    _made: dict[tuple[Pair, Place], Comparison | None] = field(default_factory=dict, repr=False)

    def rows_at(self, num_labels: int, train_size: int) -> dict[str, BySeed]:
        """The rows that have answers there."""
        return rows_at(self.grid, num_labels, train_size)

    def of(self, a: str, b: str, num_labels: int, train_size: int) -> Comparison | None:
        """Row `a` less row `b` at a point; None where one of them has no answers, or they can't be compared."""
        place = num_labels, train_size
        pair = named(a, b)
        if (pair, place) not in self._made:
            self._made[pair, place] = self._compared(pair, place)
        made = self._made[pair, place]
        return made if made is None or made.a == a else made.turned

    def pairs(self, num_labels: int, train_size: int, rows: Collection[str] | None = None) -> Iterator[Comparison]:
        """All pairs (of `rows`) at a point that can be compared."""
        names = [row for row in self.rows_at(num_labels, train_size) if rows is None or row in rows]
        for a, b in combinations(names, 2):
            if (one := self.of(a, b, num_labels, train_size)) is not None:
                yield one

    def is_unequal(self, num_labels: int, train_size: int) -> bool:
        """Whether nothing is compared at a point, for rows of a task had other examples."""
        return (num_labels, train_size) in self.unequal or (num_labels, 0) in self.unequal

    def lacks_seeds(self, row: str, num_labels: int, train_size: int) -> bool:
        """Whether a row with fewer seeds than others would need more: one that was dropped from a race does not."""
        found = self.races.get((num_labels, train_size))
        return found is None or row in found.rows("failed", "open", "waiting")

    def needed(self, one: Comparison, num_labels: int, train_size: int, smallest: float) -> Needed:
        """What would decide a pair that is open at a point, were the difference what it is, or `smallest`.

        With Holm's level for the open pairs, or the choice's where it was planned; in a race by its rules.
        """
        race = self.races.get((num_labels, train_size))
        if race is None:
            open_pairs = max(1, sum(p >= ALPHA for p in self.corrected(num_labels, train_size).values()))
            alpha = alpha_of_chosen(ALPHA, one.choices) if one.planned else ALPHA / open_pairs
            return seeds_needed(one.paired.sample, smallest, alpha)
        held, most = race.held.get(named(one.a, one.b)), len(race.rules.seeds)
        examples = None if held is None else examples_needed(race.rules, held)
        return Needed(max(abs(one.difference.estimate), smallest), None, examples, f"more than {most} seeds")

    def is_planned(self, a: str, b: str) -> bool:
        """Whether the pair is tested by itself."""
        return self.baseline in (a, b) or (a in self.probes) != (b in self.probes)

    def _compared(self, pair: Pair, place: Place) -> Comparison | None:
        rows = self.rows_at(*place)
        if not set(pair) <= set(rows) or self.is_unequal(*place):
            return None
        a, b = pair
        both = pairing(self.grid)(a, rows[a], b, rows[b])
        if both is None:
            return None
        one = compare(a, b, both)
        if place in self.races:
            return _by_race(one, pair, self.races[place])
        one = replace(one, adjusted_p=self.corrected(*place)[pair], planned=self.is_planned(a, b))
        better, other = (a, b) if one.difference.estimate > 0 else (b, a)
        if not one.planned:
            return one
        choices = self._choices(better, other, place)
        if choices > 1:
            one = replace(one, choices=choices, chosen_p=p_of_chosen(one.p, both.sample, choices))
        # Pooled seeds may tell more than the pair's own. The p that is corrected for all pairs stands beside the one
        # that decides, and a correction makes no p smaller.
        return replace(one, adjusted_p=max(one.adjusted_p, one.decisive_p))

    def _choices(self, row: str, opponent: str, place: Place) -> int:
        """From how many rows `row` was chosen, to be held against a planned opponent; 1 where it is not in front."""
        opponents = (self.baseline,) if opponent == self.baseline else (self.baseline, *self.probes)
        if opponent not in opponents:  # it is the opponent that is better
            return 1
        untrained, found = untrained_rows(self.grid), self.rows_at(*place)
        others = {name: seeds for name, seeds in found.items() if name not in opponents}
        tuned = {name: seeds for name, seeds in others.items() if name in self.tuned}
        among = [len(with_all_seeds(some, untrained)) for some in (others, tuned) if in_front(some, untrained) == row]
        return max(among, default=1)

    def corrected(self, num_labels: int, train_size: int) -> Mapping[Pair, float]:
        """p of every pair at a point, seeds pooled, corrected for all pairs there; names of a pair in rising order."""
        place = num_labels, train_size
        if place in self.races:
            return self.races[place].adjusted
        if place not in self._corrected:
            p = dict(self._p_values(place))
            self._corrected[place] = dict(zip(p, map(float, holm_p(list(p.values()))), strict=True))
        return self._corrected[place]

    def _p_values(self, place: Place) -> Iterator[tuple[Pair, float]]:
        rows, untrained = self.rows_at(*place), untrained_rows(self.grid)
        pooled = {pair: one.p for pair, one in pooled_tests(rows, untrained).items()}
        paired = pairing(self.grid)
        for a, b in combinations(sorted(rows), 2):
            p = pooled.get((a, b), float("nan"))
            if np.isnan(p):
                both = paired(a, rows[a], b, rows[b])
                if both is None:
                    continue
                p = p_value(both.sample)[0]
            yield (a, b), p


def _by_race(one: Comparison, pair: Pair, race: Race) -> Comparison:
    """The comparison as the race has it: p over all looks, and difference and interval of the look that decided, or of
    the last one. A pair that was never looked at is not told apart."""
    held = race.held.get(pair)
    if held is None:
        return replace(one, adjusted_p=1.0)
    test, level = held.test, one.difference.level
    half = StandardError(test.error, test.df, one.difference.method).half_width(level)
    low, high = max(-1.0, test.difference - half), min(1.0, test.difference + half)
    difference = replace(one.difference, estimate=test.difference, low=low, high=high, num_seeds=held.seeds)
    return replace(one, difference=difference, adjusted_p=race.adjusted[pair])
