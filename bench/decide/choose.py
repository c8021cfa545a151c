"""What runs next: the places that may still decide something, those that decide most a second first."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from bench.report.asked import FIRST, Rules
from bench.report.inputs.records import ExpectedCell
from bench.report.race.field import Field, Place
from bench.report.race.races import PlaceRace

Seconds = Callable[[ExpectedCell], float]
"""How long a cell takes."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the next look at a place needs."""

    place: Place
    cells: tuple[ExpectedCell, ...]
    seconds: float
    gain: float
    """How many rows the next seeds are expected to settle."""
    seeds: int
    """At that look."""


@dataclass(frozen=True, slots=True)
class Round:
    """Cells that run together."""

    turns: tuple[Turn, ...]
    filling: tuple[ExpectedCell, ...]
    """Of the looks after that, which workers would else wait for."""
    too_dear: tuple[Turn, ...]
    """That the rest of the budget has no room for."""

    @property
    def cells(self) -> list[ExpectedCell]:
        """All of them, each once: one of an untrained row may be needed at several places."""
        return list(dict.fromkeys([*(cell for turn in self.turns for cell in turn.cells), *self.filling]))


def turns(
    field: Field, races: Mapping[Place, PlaceRace], done: Collection[str], seconds: Seconds, rules: Rules
) -> list[Turn]:
    """What each open place needs, those first that settle most a second; `done` are keys of cells with an answer, or
    that are not tried again."""
    found = [
        turn
        for place, one in races.items()
        if not one.is_closed and not one.waits and (turn := _turn(field, one, done, seconds, rules)) is not None
    ]
    return sorted(found, key=lambda turn: turn.seconds / max(turn.gain, 1e-6))


def _turn(
    field: Field, one: PlaceRace, done: Collection[str], seconds: Seconds, rules: Rules, *, ahead: int = 0
) -> Turn | None:
    """The cells that the look after next (`ahead` more) lacks."""
    count = min(max(one.race.seeds + 1, FIRST) + ahead, len(rules.seeds))
    wanted = [
        cell
        for row in one.race.running
        for seed, cell in field.places[one.place][row].items()
        if cell.key not in done and (row in one.untrained or seed in rules.seeds[:count])
    ]
    if not wanted:
        return None
    gain = sum(one.race.chance(row) for row in one.race.running if row != one.race.reference)
    return Turn(one.place, tuple(wanted), sum(map(seconds, wanted)), gain, count)


def next_round(
    field: Field,
    races: Mapping[Place, PlaceRace],
    done: Collection[str],
    *,
    seconds: Seconds,
    rules: Rules,
    budget: float | None = None,
    workers: int = 1,
) -> Round:
    """The next cells; a place has all that its look needs, or nothing. `budget` is in seconds of cells.

    Where they are fewer than `workers`, the looks after that are begun: a worker that waits is of no use.
    """
    left = float("inf") if budget is None else budget
    taken: list[Turn] = []
    dear: list[Turn] = []
    for turn in turns(field, races, done, seconds, rules):
        if turn.seconds <= left:
            taken.append(turn)
            left -= turn.seconds
        else:
            dear.append(turn)
    chosen = {cell.key for turn in taken for cell in turn.cells}
    filling = _filling(field, [races[turn.place] for turn in taken], {*done, *chosen}, seconds, rules)
    room = max(workers - len(chosen), 0)
    return Round(tuple(taken), tuple(_affordable(filling, seconds, left))[:room], tuple(dear))


def _filling(
    field: Field, open_places: Sequence[PlaceRace], done: Collection[str], seconds: Seconds, rules: Rules
) -> list[ExpectedCell]:
    further = (_turn(field, one, done, seconds, rules, ahead=1) for one in open_places if one.race.reference)
    ordered = sorted((turn for turn in further if turn is not None), key=lambda turn: turn.seconds / (turn.gain + 1e-6))
    return [cell for turn in ordered for cell in turn.cells]


def _affordable(cells: Sequence[ExpectedCell], seconds: Seconds, left: float) -> list[ExpectedCell]:
    found = []
    for cell in cells:
        left -= seconds(cell)
        if left < 0:
            break
        found.append(cell)
    return found
