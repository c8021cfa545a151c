"""A race of one experiment on this machine: rounds of cells until nothing is open, or the budget is spent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.cell import Cell
from bench.decide.answers import Answers
from bench.decide.choose import Round, next_round
from bench.decide.ledger import Ledger
from bench.errors import UserError, said
from bench.escape.terminal import say
from bench.methods.bar import Bar
from bench.report.asked import Asked
from bench.report.inputs.records import ExpectedCell, display_names, read_checked
from bench.report.race.field import Field, Place
from bench.report.race.races import PlaceRace, Races
from bench.results import store
from bench.results.record import Record, Status
from bench.settings import Settings
from bench.sweep.bars import bar_of, no_bar
from bench.sweep.duration import Durations
from bench.sweep.index import Index
from bench.sweep.launch import run_cells
from bench.sweep.left import TextLengths
from bench.sweep.missing import is_wanted
from bench.sweep.rows import rows_of
from bench.sweep.runners.base import Runner
from bench.sweep.stopped import Stopped
from bench.sweep.survey import survey
from bench.sweep.workforce import Workforce
from bench.wording import rough_duration

HOUR = 3600.0


@dataclass
class Session:
    """What a race knows between its rounds; all of it can be found again in the records and the ledger."""

    cells: Sequence[Cell]
    expected: Sequence[ExpectedCell]
    settings: Settings
    runner: Runner
    of: Field
    asked: Asked
    baseline: dict[str, str | None]
    ledger: Ledger
    budget: float | None
    """Seconds of cells on a device; null: as many as it takes."""
    prune: bool = False
    """Whether trainings are ended early."""
    tried: set[str] = field(default_factory=set)
    """Keys of the cells that were run here: one that failed is not tried again."""

    def __post_init__(self) -> None:
        self.by_key = {cell.key: cell for cell in self.cells}
        self.answers = Answers(self.of.cells, self.settings.metric)
        self.races = Races(self.of, self.asked, self.baseline)
        self.names = display_names(self.expected)
        self.rows = rows_of(self.cells)
        self.lengths = TextLengths()
        self.front: dict[Place, str | None] = {}
        """The row in front at each place, by the last look."""

    def look(self) -> dict[Place, PlaceRace]:
        """How far the races are now, by place."""
        self.answers.look()
        races = self.races.replayed(self.answers.state(self.of, self.failed()))
        self.front = {place: one.race.reference for place, one in races.items()}
        return races

    def failed(self) -> set[str]:
        """Keys of cells that ended without an answer and are not run again here."""
        with Index(self.settings.results_dir) as index:
            again = {
                cell.key
                for cell, one in self.answers.found.items()
                if one.answers is None
                and cell.key not in self.tried
                and is_wanted(self.by_key[cell.key], self.settings, index)
            }
        return self.answers.failed(again)

    def has_failures(self) -> bool:
        """Whether a cell of the race failed, or nothing has an answer. What the data can't give is no failure, as in a
        sweep: no rerun mends it."""
        unanswered = {one.status for one in self.answers.found.values() if one.answers is None}
        return not self.answers.done() or bool(unanswered - {Status.SKIPPED, Status.PRUNED})

    def spent(self) -> float:
        """Seconds of a device that cells of this race took."""
        with Index(self.settings.results_dir) as index:
            return self.ledger.spent(self.cells, index) / self.place.per_device

    @property
    def place(self) -> Workforce:
        """What cells run on."""
        return self.runner.workforce(self.settings, len(self.cells))

    def left(self) -> float | None:
        """Seconds of cells that the budget still has room for."""
        return None if self.budget is None else max(0.0, self.budget - self.spent()) * self.place.per_device

    def budget_text(self) -> str:
        """ "0.21 of 8 hours spent", "12 min spent"."""
        spent = self.spent()
        if self.budget is None:
            return f"{rough_duration(spent)} spent"
        return f"{spent / HOUR:.3g} of {self.budget / HOUR:.3g} hours spent"

    def durations(self, cells: Sequence[Cell]) -> Durations:
        """How long cells take, by the records that there are now."""
        found = survey(cells, self.settings, quietly=True)
        lengths = self.lengths.of(cells, self.settings)
        return Durations(found.records, self.place, lengths, self.rows)

    def next_round(self, races: dict[Place, PlaceRace]) -> Round:
        """What runs next."""
        durations = self.durations(self.cells)
        return next_round(
            self.of,
            races,
            {*self.answers.done(), *self.failed()},
            seconds=lambda cell: durations.of(self.by_key[cell.key]).seconds,
            rules=self.asked.rules,
            budget=self.left(),
            workers=self._at_once(),
        )

    def _at_once(self) -> int:
        """Cells that keep every worker busy; with stacks, of two cells at least each."""
        if self.settings.engine != "fused":
            return self.place.workers
        most = self.settings.fused.max_cells
        return self.place.workers * (STACK if most == "auto" else most)

    def run(self, chosen: Round) -> Stopped | None:
        """Run a round; what ended it early, if anything did. Raises UserError where it can't be begun."""
        cells = [self.by_key[cell.key] for cell in chosen.cells]
        stamps = {cell.key: store.stamp(cell.folder(self.settings.results_dir)) for cell in cells}
        try:
            self.ledger.begin(self.by_key[cell.key].key for cell in chosen.cells)
        except OSError as error:
            raise UserError(f"{self.ledger.path} cannot be written: {said(error)}") from error
        bars = self.bar if self.prune else no_bar
        stopped = run_cells(cells, self.settings, stamps, self.runner, self.rows.labels, bars=bars)
        self.tried |= {cell.key for cell in cells}
        return stopped

    def bar(self, cell: Cell) -> Bar | None:
        """What a cell has to reach on validation: what the row in front at its point has with the same seed. None where
        that is not known, or where nothing says how much such trainings still gain in their second half."""
        mine = next(one for one in self.of.cells if one.key == cell.key)
        front = self.front.get(Place(mine.data, mine.num_labels, mine.train_size))
        if front is None or front == mine.row or not mine.train_size:
            return None
        leader = self.of.places[Place(mine.data, mine.num_labels, mine.train_size)][front].get(mine.seed)
        record = None if leader is None else read_checked(leader)  # it may have ended since the last look
        like = [found for one in self.of.cells if one.row == mine.row and (found := self._record(one)) is not None]
        if leader is None or not isinstance(record, Record) or record.status is not Status.OK:
            return None
        try:
            return bar_of(self.names.get(front, front), leader.folder, record, like, PRUNED)
        except (OSError, ValueError) as error:
            say(f"warning: no training is ended early by {leader.key}: {said(error)}", error=True)
            return None

    def _record(self, cell: ExpectedCell) -> Record | None:
        """The record of a cell that is finished."""
        known = self.answers.found.get(cell)
        found = read_checked(cell) if known is not None and known.answers is not None else None
        return found if isinstance(found, Record) else None


PRUNED = 0.01
"""How likely a training is ended early whose row is as good as the one in front."""
STACK = 8
"""Cells of a stack whose size memory decides."""
