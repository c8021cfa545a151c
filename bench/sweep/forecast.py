"""What is known of a sweep before it runs: cells that are left, that the data can't give, and how long each takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cell import Cell
from bench.data.task import Task
from bench.results.record import Status
from bench.running.preflight import check_predictions, check_training
from bench.settings import Settings
from bench.sweep.duration import Durations
from bench.sweep.feasible import Feasibility, LocalData, feasibility, local_data
from bench.sweep.runners.base import Runner
from bench.sweep.survey import Standing, Survey, survey
from bench.sweep.workforce import Workforce


@dataclass(frozen=True, slots=True)
class Forecast:
    """A grid as a plan sees it."""

    found: Survey
    wanted: list[Task]
    """Of the cells that a sweep would run."""
    local: LocalData
    feasible: Feasibility
    infeasible: dict[Task, str]
    """Why the data can't give a task."""
    place: Workforce
    durations: Durations


def forecast(cells: Sequence[Cell], settings: Settings, runner: Runner, *, quietly: bool = False) -> Forecast:
    """Look at `cells`, their records and their data. Nothing is run or downloaded. Raises UserError where a sweep would
    refuse the cells."""
    found = survey(cells, settings, quietly=quietly)
    todo = [standing.cell for standing in found.standings if standing.wanted]
    check_training(todo, settings, fetch=False)
    check_predictions(todo, settings)
    wanted = [cell.task for cell in todo]
    local = local_data(wanted, settings)
    feasible = feasibility(wanted, local)
    infeasible = {**_skipped(found.standings), **feasible.impossible}
    place = runner.workforce(settings, sum(task not in infeasible for task in wanted))
    durations = Durations(found.records, place, local.characters, found.named)
    return Forecast(found, wanted, local, feasible, infeasible, place, durations)


def _skipped(standings: Sequence[Standing]) -> dict[Task, str]:
    """Tasks that an earlier sweep found to be infeasible, and why."""
    return {
        standing.cell.task: standing.record.reason or "found in an earlier sweep"
        for standing in standings
        if standing.wanted and standing.record is not None and standing.record.status is Status.SKIPPED
    }
