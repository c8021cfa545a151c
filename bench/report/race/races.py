"""How far the race of each point of a grid is, from the answers there are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bench.report.asked import Asked
from bench.report.race.chances import NoChance, no_chance
from bench.report.race.field import Field, Place
from bench.report.statistics.correctness import BySeed, Grid
from bench.report.statistics.curves import MIN_SIZES
from bench.report.statistics.points import Point
from bench.report.statistics.race import Race, race


@dataclass(frozen=True)
class PlaceRace:
    """The race of one place."""

    place: Place
    race: Race
    no_chance: Mapping[str, NoChance]
    """Rows that do not take part, for their own smaller sizes leave them no chance."""
    untrained: frozenset[str]
    unequal: bool = False
    """Whether rows had other examples, so that nothing can be compared."""
    waits: bool = False
    """Whether it begins only when smaller sizes have had a look: they may leave rows no chance here."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing is left to run."""
        return self.unequal or self.race.is_closed


@dataclass(frozen=True)
class State:
    """What a race is replayed from."""

    grids: Mapping[str, Grid]
    """The answers by data set, in the metric that decides there."""
    failed: Collection[str] = ()
    """Keys of cells that ended without an answer, and are not tried again."""
    pruned: Collection[str] = ()
    """Those of them whose training was ended early, for validation left it no chance."""
    unequal: Collection[Place] = ()
    """Where rows had other examples for one seed."""
    seconds: Mapping[tuple[Place, str], float] = field(default_factory=dict)
    """Of a training, by place and row: what `cheapest` goes by."""


@dataclass
class Races:
    """The races of a field, each replayed again only where something of it is new."""

    of: Field
    asked: Asked
    baseline: Mapping[str, str | None]
    """By data set."""
    _known: dict[Place, tuple[object, PlaceRace]] = field(default_factory=dict)

    def replayed(self, state: State) -> dict[Place, PlaceRace]:
        """By place, smaller sizes first."""
        found: dict[Place, PlaceRace] = {}
        for place in self.of.places:
            smaller = [found[one] for one in self.of.smaller(place)]
            found[place] = self._raced(place, state, smaller)
        return found

    def _raced(self, place: Place, state: State, smaller: list[PlaceRace]) -> PlaceRace:
        lanes, untrained, grid = self.of.places[place], self.of.untrained(place), state.grids.get(place.data, {})
        rows: dict[str, BySeed] = {
            row: grid.get(Point(row, place.num_labels, 0 if row in untrained else place.train_size), {})
            for row in lanes
        }
        gone = {
            row: tuple(seed for seed, cell in lane.items() if cell.key in state.failed and seed not in rows[row])
            for row, lane in lanes.items()
        }
        looked = [one.place.train_size for one in smaller if one.race.reference is not None]
        left_out = no_chance(place, rows, grid, looked, keep=self.baseline.get(place.data))
        begun = [one.is_closed or one.race.reference is not None for one in smaller]
        waits = len(smaller) >= MIN_SIZES and not all(begun)
        # compared by identity, and kept: of something that is gone another one could have the place
        answers = {row: dict(seeds) for row, seeds in rows.items()}
        made_of = (answers, gone, tuple(left_out), waits, place in state.unequal)
        known = self._known.get(place)
        if known is not None and known[0] == made_of:
            return known[1]
        taking = {row: seeds for row, seeds in rows.items() if row not in left_out}
        ended = {row: [s for s in seeds if lanes[row][s].key in state.pruned] for row, seeds in gone.items()}
        made = self._race(place, taking, untrained, (gone, ended), state)
        self._known[place] = made_of, PlaceRace(place, made, left_out, untrained, place in state.unequal, waits)
        return self._known[place][1]

    def _race(
        self,
        place: Place,
        rows: Mapping[str, BySeed],
        untrained: Collection[str],
        gone: tuple[Mapping[str, Collection[int]], Mapping[str, Collection[int]]],
        state: State,
    ) -> Race:
        seconds = {row: state.seconds[place, row] for row in rows if (place, row) in state.seconds}
        return race(
            rows,
            self.asked.rules,
            untrained=untrained,
            failed=gone[0],
            pruned=gone[1],
            baseline=self.baseline.get(place.data),
            question=self.asked.question,
            seconds=seconds,
        )
