"""The time that a sweep has left, by records of like cells where there are any."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cell import Cell
from bench.config import DataConfig
from bench.settings import Settings
from bench.sweep.claimed import elapsed
from bench.sweep.duration import Basis, Duration, Durations
from bench.sweep.feasible import local_data
from bench.sweep.runners.base import Runner
from bench.sweep.survey import State, Survey
from bench.sweep.workforce import Workforce
from bench.wording import counted, rough_duration


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How long the cells take that run or wait, all of them."""

    seconds: float
    cells: int
    guessed: int
    """Those of which no like cell has a record."""
    at_work: str
    """Who goes on with them (`Workforce.at_work`)."""

    def __str__(self) -> str:
        guess = f"; for {counted(self.guessed, 'cell')} of {self.cells:,} that is a guess" if self.guessed else ""
        return f"about {rough_duration(self.seconds)} with {self.at_work}{guess}"


class TextLengths:
    """Mean characters of the texts of each data set that is on this machine; each is read once."""

    def __init__(self) -> None:
        self._known: dict[DataConfig, dict[str, float]] = {}

    def of(self, cells: Sequence[Cell], settings: Settings) -> dict[str, float]:
        """By the data's name. Raises UserError where data can't be read as described."""
        found: dict[str, float] = {}
        for cell in cells:
            if (data := cell.task.data) not in self._known:
                self._known[data] = local_data([cell.task], settings).characters
            found |= self._known[data]
        return found


def time_left(found: Survey, settings: Settings, runner: Runner, lengths: TextLengths | None = None) -> TimeLeft | None:
    """How long `runner` goes on; None where nothing is left to run.

    `lengths` is for whoever asks again and again. Raises UserError where data can't be read as described.
    """
    running = [standing for standing in found.standings if standing.state is State.RUNNING]
    waiting = [s for s in found.standings if s.wanted and s.state is not State.RUNNING]
    if not running and not waiting:
        return None
    place = runner.workforce(settings, len(running) + len(waiting))
    cells = [standing.cell for standing in [*running, *waiting]]
    expected = _durations(cells, found, place, settings, lengths or TextLengths())
    past = [elapsed(standing.claim) for standing in running if standing.claim is not None]
    past += [0.0] * len(waiting)
    seconds = sum(max(0.0, each.seconds - gone) for each, gone in zip(expected, past, strict=True))
    return TimeLeft(
        seconds=seconds / place.workers_left(len(running)),
        cells=len(expected),
        guessed=sum(each.basis is not Basis.RECORDS for each in expected),
        at_work=place.at_work(len(running)),
    )


def _durations(
    cells: Sequence[Cell], found: Survey, place: Workforce, settings: Settings, lengths: TextLengths
) -> list[Duration]:
    """As a plan has them; data is read only where something has to be guessed."""
    durations = list(map(Durations(found.records, place, rows=found.named).of, cells))
    if all(each.basis is not Basis.GUESS for each in durations):
        return durations
    return list(map(Durations(found.records, place, lengths.of(cells, settings), found.named).of, cells))
