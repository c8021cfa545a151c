"""Where the cells of a grid stand: their records, their claims, and records of like cells from elsewhere."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.cell import Cell
from bench.escape.filename import key_part
from bench.escape.terminal import say
from bench.results import claims
from bench.results.claims import Claim, Odd
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.index import Entry, Index
from bench.sweep.missing import is_wanted
from bench.sweep.rows import Rows, rows_of

MAX_LIKE = 200
"""Records of other grids that are looked at for a row that has none of its own."""


class State(StrEnum):
    """What becomes of a cell; what its record says where nobody works on it."""

    DONE = "done"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    PRUNED = "pruned"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Standing:
    """One cell."""

    cell: Cell
    record: Entry | None
    claim: Claim | None
    wanted: bool
    """Whether a sweep would run it."""
    state: State
    odd: str | None = None
    """Why what stands in the place of its claim can't be used."""


@dataclass(frozen=True, slots=True)
class Survey:
    """All cells of a grid, and the records to learn from: theirs, and some of like cells."""

    standings: list[Standing]
    records: list[Entry]
    named: Rows

    @property
    def rows(self) -> dict[str, list[Standing]]:
        """By row, in the order of the grid."""
        rows: dict[str, list[Standing]] = defaultdict(list)
        for standing in self.standings:
            rows[self.named.labels[standing.cell.key]].append(standing)
        return rows


def survey(cells: Sequence[Cell], settings: Settings, *, quietly: bool = False) -> Survey:
    """Look at every cell's record and claim, once.

    Records that can't be used are said, in one line, unless `quietly`: where that was said before.
    """
    with Index(settings.results_dir) as index:
        standings = [_standing(cell, settings, index) for cell in cells]
        known = {id(s.record): s.record for s in standings if s.record is not None}
        finished = {s.cell.row for s in standings if s.record is not None and s.record.status is Status.OK}
        for row in dict.fromkeys(s.cell.row for s in standings if s.wanted):
            if row not in finished:
                known |= {id(entry): entry for entry in index.row(key_part(row), MAX_LIKE)}
    if not quietly and (line := index.said_unusable()) is not None:
        say(line, error=True)
    return Survey(standings, list(known.values()), rows_of(cells))


def _standing(cell: Cell, settings: Settings, index: Index) -> Standing:
    record = index.of(cell)
    if record is not None and record.status is Status.OK:
        return Standing(cell, record, None, is_wanted(cell, settings, index), State.DONE)
    if record is not None and record.status is Status.PRUNED:
        return Standing(cell, record, None, is_wanted(cell, settings, index), State.PRUNED)
    found = claims.look(cell.folder(settings.results_dir))
    claim, odd = (None, found.reason) if isinstance(found, Odd) else (found, None)
    if claim is not None:
        state = State.INTERRUPTED if claims.is_dead(claim) else State.RUNNING
    else:
        state = State.MISSING if record is None else State.FAILED
    return Standing(cell, record, claim, is_wanted(cell, settings, index), state, odd)
