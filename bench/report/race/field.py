"""The cells of a race by what they are for: a point of the grid, a row, a seed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bench.report.inputs.records import ExpectedCell


class Place(NamedTuple):
    """A point of the grid, where rows race against each other."""

    data: str
    num_labels: int
    train_size: int
    """0 where all rows are untrained."""


Lane = Mapping[int, ExpectedCell]
"""The cells of one row at one place, by seed."""


@dataclass(frozen=True)
class Field:
    """Everything that may be run."""

    places: Mapping[Place, Mapping[str, Lane]]
    """By place in rising order, then by row in the order of the grid. Untrained rows are at every size of theirs."""

    @cached_property
    def cells(self) -> list[ExpectedCell]:
        """All of them, each once."""
        lanes = (lane for rows in self.places.values() for lane in rows.values())
        return list(dict.fromkeys(cell for lane in lanes for cell in lane.values()))

    def untrained(self, place: Place) -> frozenset[str]:
        """The rows that learn nothing, so that one answer stands for every seed."""
        rows = self.places[place]
        return frozenset(row for row, lane in rows.items() if any(cell.train_size == 0 for cell in lane.values()))

    def smaller(self, place: Place) -> list[Place]:
        """The places of the same data and label count with fewer examples, in rising order."""
        return [one for one in self.places if one[:2] == place[:2] and 0 < one.train_size < place.train_size]


def field_of(cells: Iterable[ExpectedCell], *, largest_only: bool = False) -> Field:
    """The field of `cells`; `largest_only` leaves the smaller sizes of each label count out."""
    known = list(cells)
    trained = {Place(each.data, each.num_labels, each.train_size) for each in known if each.train_size}
    counts = {place[:2] for place in trained}
    untrained = {Place(each.data, each.num_labels, 0) for each in known if (each.data, each.num_labels) not in counts}
    places = sorted(trained | untrained)
    if largest_only:
        places = list({place[:2]: place for place in places}.values())
    found: dict[Place, dict[str, dict[int, ExpectedCell]]] = {place: {} for place in places}
    for each in known:
        for place in _places_of(each, found):
            found[place].setdefault(each.row, {})[each.seed] = each
    return Field(found)


def _places_of(cell: ExpectedCell, places: Iterable[Place]) -> Iterator[Place]:
    if cell.train_size:
        yield from {Place(cell.data, cell.num_labels, cell.train_size)} & set(places)
    else:
        yield from (place for place in places if place[:2] == (cell.data, cell.num_labels))
