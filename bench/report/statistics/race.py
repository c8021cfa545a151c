"""A race of rows at one point of a grid: which are dropped after how many seeds, and when the question is answered.

A race is a function of the answers alone. It is replayed from the first seeds on: after each further seed that all
rows still in it have, they are looked at, and whoever is behind the row in front by more than noise is dropped. So
records of a plain sweep, of a race that was killed, and of several machines say the same.

The error is spent over the looks (`spending`) and shared by the rows that are still in the race, so that the row that
is truly best is dropped in at most `alpha` of the races of a point: its opponents at a look share the part spent there,
and whoever was dropped needs no share later. Rows that more seeds would hardly tell apart rest: that claims nothing,
and they keep their share, for the row in front is the luckiest of all that were not dropped.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from bench.report.asked import FIRST, Question, Rules
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


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one row."""

    row: str
    state: State
    seeds: int
    """That it was looked at with, as far as it needs any."""
    held: Held | None = None
    """The row in front (or the baseline, where that is the question), which is a, against this one: at the look that
    decided, else at their last one. Null for that row itself."""


@dataclass(frozen=True)
class Race:
    """How far the race of a point is."""

    rules: Rules
    fates: Mapping[str, Fate]
    """By row, in the order given."""
    reference: str | None
    """The row in front of those still in the race, by the last look; or the baseline, where that is the question."""
    seeds: int
    """At the last look; 0 before the first."""
    opponents: tuple[int, ...]
    """How many rows each one was held against, look by look."""
    adjusted: Mapping[Pair, float]
    """The p of each pair over all looks, on the scale of `rules.alpha`: below it is what was told apart."""
    held: Mapping[Pair, Held]
    """The pairs that were looked at: as they were when they were told apart, else at their last look."""
    asks_baseline: bool = False
    """Whether the question is what beats the baseline, so that `reference` need not be in front."""
    cheapest: str | None = None
    """The cheapest row that is good enough, where that was the question and is answered."""

    def rows(self, *states: State) -> tuple[str, ...]:
        """Those with one of these states."""
        return tuple(row for row, fate in self.fates.items() if fate.state in states)

    @property
    def running(self) -> tuple[str, ...]:
        """The rows that the next look needs."""
        return self.rows("open", "waiting")

    @property
    def is_closed(self) -> bool:
        """Whether no look is left to be made."""
        return not self.running

    @property
    def is_answered(self) -> bool:
        """Whether it is closed and the question has its answer: nobody is tied, a row beats the baseline where that was
        asked, or a cheap one is good enough."""
        if not self.is_closed or self.reference is None:
            return False
        return bool(self.cheapest or self.rows("ahead")) or not self.rows("tied")

    def chance(self, row: str) -> float:
        """The chance that further seeds settle a row that is open; 1 before the first look."""
        held = self.fates[row].held
        return 1.0 if held is None else looks.chance(self.rules, held, self.opponents)


@dataclass
class _Replay:
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
        for pair, test, p in pair_tests(cut, self.untrained):
            self.last[pair] = held = Held(test, p, level, self.seeds, examples)
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
        means = {row: float(np.mean([each.values.mean() for each in of.values()])) for row, of in cut.items()}
        return max(means, key=lambda row: means[row])

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


def race(
    rows: Mapping[str, BySeed],
    rules: Rules,
    *,
    untrained: Collection[str] = (),
    failed: Mapping[str, Collection[int]] | None = None,
    pruned: Mapping[str, Collection[int]] | None = None,
    baseline: str | None = None,
    question: Question = "best",
    seconds: Mapping[str, float] | None = None,
) -> Race:
    """Replay the race of `rows`, which are all that take part, from their answers so far.

    `untrained` rows learn nothing, so that their one answer stands for every seed. `failed` are seeds of rows that
    ended without a result, `pruned` those whose training was ended early: a look at such a seed goes on without the
    row. `beats_baseline` is answered as soon as one row is better than the `baseline`; `cheapest` as soon as the row
    that takes the fewest `seconds`, of those not behind, is within the margin of the row in front, or is that row.
    """
    asks = question == "beats_baseline" and baseline in rows
    costs = (seconds or {}) if question == "cheapest" else None
    replay = _Replay(rules, rows, untrained, failed or {}, pruned or {}, baseline, asks, costs, list(rows))
    replay.run()
    fates = {row: _fate(row, replay) for row in rows}
    if replay.reference is not None and not any(fate.state in ("open", "waiting") for fate in fates.values()):
        of_others = {fate.state for row, fate in fates.items() if row != replay.reference}
        is_best = not asks and of_others <= {"behind", "failed", "pruned"} and "behind" in of_others
        front = fates[replay.reference]
        fates[replay.reference] = replace(front, state="best" if is_best else "front")
    return Race(
        rules,
        fates,
        replay.reference,
        replay.seeds,
        tuple(replay.opponents),
        replay.adjusted,
        {**replay.last, **replay.decided},
        asks,
        _cheapest(fates, replay),
    )


def _cheapest(fates: Mapping[str, Fate], replay: _Replay) -> str | None:
    """Of the rows that are not behind, the one that takes the fewest seconds, if it is known to be good enough."""
    costs = replay.seconds
    if costs is None or replay.alive or replay.reference is None:
        return None
    left = [row for row, fate in fates.items() if fate.state in ("best", "front", "within", "tied")]
    found = min(left, key=lambda row: costs.get(row, np.inf))
    return None if fates[found].state == "tied" else found


def _fate(row: str, replay: _Replay) -> Fate:
    """The row in front is `open` here as long as another row is, else `front`."""
    used = replay.used.get(row, 0)
    if row in replay.gone:
        return Fate(row, "pruned" if replay.pruned.get(row) else "failed", used)
    if replay.reference is None:
        return Fate(row, "waiting", used)
    if row == replay.reference:
        return Fate(row, "open" if replay.alive else "front", used)
    state = replay.state_of(row)
    if state == "open" and not replay.alive:
        state = "tied"  # the question is answered without it
    return Fate(row, state, used, replay.against(row))
