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
from dataclasses import dataclass, replace

import numpy as np

from bench.report.asked import Question, Rules
from bench.report.statistics import looks
from bench.report.statistics.correctness import BySeed
from bench.report.statistics.looks import Held
from bench.report.statistics.pair_tests import Pair
from bench.report.statistics.replay import Replay, State


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
    replay = Replay(rules, rows, untrained, failed or {}, pruned or {}, baseline, asks, costs, list(rows))
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


def _cheapest(fates: Mapping[str, Fate], replay: Replay) -> str | None:
    """Of the rows that are not behind, the one that takes the fewest seconds, if it is known to be good enough."""
    costs = replay.seconds
    if costs is None or replay.alive or replay.reference is None:
        return None
    left = [row for row, fate in fates.items() if fate.state in ("best", "front", "within", "tied")]
    found = min(left, key=lambda row: costs.get(row, np.inf))
    return None if fates[found].state == "tied" else found


def _fate(row: str, replay: Replay) -> Fate:
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
