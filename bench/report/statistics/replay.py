"""The looks of a race, one after the other: what the answers of the first seeds said when there were no others."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from bench.report.asked import FIRST, Rules
from bench.report.statistics import looks
from bench.report.statistics.correctness import BySeed
from bench.report.statistics.looks import Held
from bench.report.statistics.pair_tests import Pair, named, pair_tests

State = Literal["best", "front", "within", "tied", "behind", "ahead", "open", "waiting", "failed", "pruned"]
"""What became of a row. `best`: all others are behind it. `front`: the row in front where some are not. `within`: less
than the margin behind that row. `tied`: seeds would hardly tell it from that row. `behind`: dropped. `ahead`: better
than the baseline, where that was the question. `open`: still in the race. `waiting`: it has not the seeds of the first
look yet. `failed`: it lacks a seed that ended without a result. `pruned`: one that was ended early in its training, for
its validation examples left it no chance."""


@dataclass
class Replay:
    """The state of a race while it is replayed."""

    rules: Rules
    rows: Mapping[str, BySeed]
    untrained: Collection[str]
    failed: Mapping[str, Collection[int]]
    pruned: Mapping[str, Collection[int]]
    baseline: str | None
    asks_baseline: bool
    """Whether the question is what beats the baseline."""
    seconds: Mapping[str, float] | None
    alive: list[str]
    """Rows that the next look needs."""
    gone: set[str] = field(default_factory=set)
    """Rows that failed."""
    reference: str | None = None
    seeds: int = 0
    opponents: list[int] = field(default_factory=list)
    last: dict[Pair, Held] = field(default_factory=dict)
    decided: dict[Pair, Held] = field(default_factory=dict)
    adjusted: dict[Pair, float] = field(default_factory=dict)
    settled: dict[Pair, State] = field(default_factory=dict)
    """Pairs of which one row rests, as it was when that was found: beside the same row it is not woken again."""
    means: dict[str, float] = field(default_factory=dict)
    """Of all rows, at the last look that they were in."""
    used: dict[str, int] = field(default_factory=dict)
    """Seeds of the last look that each row was in."""

    def run(self) -> None:
        """All looks that there are answers for."""
        for count in range(FIRST, len(self.rules.seeds) + 1):
            wanted = self.rules.seeds[:count]
            lacking = {row: self._lacks(row, wanted) for row in self.alive}
            ended = {row: {*self.failed.get(row, ()), *self.pruned.get(row, ())} for row in self.alive}
            failed = {row for row, seeds in lacking.items() if seeds & ended[row]}
            self.gone |= failed
            self.alive = [row for row in self.alive if row not in failed]
            if len(self.alive) < 2:  # nobody is left to be held against
                self.reference = self.reference or next(iter(self.alive), None)
                self.alive = []
            if not self.alive or any(lacking[row] for row in self.alive):
                break
            self._look(wanted)

    def _lacks(self, row: str, wanted: tuple[int, ...]) -> set[int]:
        return set() if row in self.untrained and self.rows[row] else set(wanted) - set(self.rows[row])

    def _look(self, seeds: tuple[int, ...]) -> None:
        """Hold the rows still in the race against each other on these seeds."""
        cut = {
            row: self.rows[row] if row in self.untrained else {seed: self.rows[row][seed] for seed in seeds}
            for row in self.alive
        }
        # a row that rests was not dropped: the one in front was chosen among such rows, too
        dropped = [row for row in self.rows if row in self.gone or (self.opponents and self.state_of(row) == "behind")]
        self.opponents.append(len(self.rows) - len(dropped) - 1)
        self.seeds = len(seeds)
        self.used |= dict.fromkeys(self.alive, self.seeds)
        level = looks.level(self.rules, self.opponents)
        examples = min(len(each.test_set) for of in cut.values() for each in of.values())
        self.means |= {row: float(np.mean([each.values.mean() for each in of.values()])) for row, of in cut.items()}
        around = looks.variance_of_like(self.means)
        for pair, test, p in pair_tests(cut, self.untrained):
            like = around[pair[0]] if set(pair) <= set(around) else None
            self.last[pair] = held = Held(test, p, level, self.seeds, examples, like)
            if pair not in self.decided:
                self.adjusted[pair] = min(1.0, p / 2 * self.rules.alpha / level, self.adjusted.get(pair, 1.0))
                if held.is_decided:
                    self.decided[pair] = held
        self.reference = self.baseline if self.asks_baseline and self.baseline in self.alive else self._front(cut)
        others = [row for row in self.rows if row not in self.gone and row != self.reference]
        # a row that rests, or was dropped, is in the race again where it is not so beside another row in front
        waiting = self._left(others)
        done = not waiting or self._is_enough(others)
        self.alive = [] if done else [row for row in self.rows if row in waiting or row == self.reference]

    def _is_enough(self, others: Collection[str]) -> bool:
        """Whether the question is answered though rows are left that could be told apart."""
        if self.asks_baseline:
            return any(self.state_of(row) == "ahead" for row in others)
        if self.seconds is None:
            return False
        left = [row for row in others if self.state_of(row) != "behind"]
        cheapest = min([*left, self.reference], key=lambda row: (self.seconds or {}).get(str(row), np.inf))
        return cheapest == self.reference or self.state_of(str(cheapest)) == "within"

    def _front(self, cut: Mapping[str, BySeed]) -> str:
        return max(cut, key=lambda row: self.means[row])

    def against(self, row: str) -> Held | None:
        """The row in front against `row`."""
        if self.reference is None or row == self.reference:
            return None
        pair = named(self.reference, row)
        held = self.decided.get(pair) or self.last.get(pair)
        return held if held is None or held.test.a == self.reference else held.turned

    def _left(self, others: Collection[str]) -> list[str]:
        """The rows that get more seeds.

        Where one is tied with the row in front, no row can be called best any more: then others go on only where they
        are all but sure to be settled, and the baseline, for whether it is beaten is a question of its own.
        """
        states = {row: self._settle(row) for row in others}
        left = [row for row, state in states.items() if state == "open"]
        if "tied" not in states.values() or self.asks_baseline:
            return left
        for row in list(left):
            held = self.against(row)
            if row != self.baseline and held is not None and self._chance(held) < looks.UNLIKELY:
                self._rest(row, "tied")
                left.remove(row)
        return left

    def _chance(self, held: Held) -> float:
        return looks.chance(self.rules, held, self.opponents)

    def _rest(self, row: str, state: State) -> None:
        assert self.reference is not None
        self.settled[named(self.reference, row)] = state

    def _settle(self, row: str) -> State:
        """The state of a row after a look, remembered where it rests."""
        state = self.state_of(row)
        if state == "open" and self.seeds == len(self.rules.seeds):
            state = "tied"  # there are no more seeds
        if state in ("within", "tied"):
            self._rest(row, state)
        return state

    def state_of(self, row: str) -> State:
        """Of a row other than the one in front."""
        held = self.against(row)
        if self.reference is not None and (known := self.settled.get(named(self.reference, row))) is not None:
            return known
        if held is None:
            return "open"
        is_within = held.is_within(self.rules.margin)
        if held.is_decided and not (is_within and self.seconds is not None):  # where cheap counts, so near is enough
            # a row in front that was surely behind on an earlier look: seeds that differ so tell nothing
            return "behind" if held.test.difference > 0 else "ahead" if self.asks_baseline else "tied"
        if is_within:
            return "within"
        return "tied" if looks.chance(self.rules, held, self.opponents) < looks.FUTILE else "open"
