"""The report of a race: cells that were not run because they were not needed are told from those that are missing."""

from collections.abc import Sequence
from dataclasses import replace

from bench.decide.choose import next_round
from bench.decide.session import Session
from bench.report.inputs.records import ExpectedCell
from bench.report.race.field import Place
from bench.report.race.races import PlaceRace
from bench.sweep.launch import draw_report, grid_of


def draw(session: Session, races: dict[Place, PlaceRace], overrides: Sequence[Sequence[str]]) -> None:
    """Write it unless it is there already, and say where it is. Raises UserError where it can't be written."""
    grid = grid_of((cell.key for cell in session.cells), overrides)
    draw_report(marked(session, races), session.settings, grid, race=session.asked)


def marked(session: Session, races: dict[Place, PlaceRace]) -> list[ExpectedCell]:
    """The cells, of which those that no look needs any more are not needed."""
    lacking = next_round(
        session.of,
        races,
        {*session.answers.done(), *session.failed()},
        seconds=lambda cell: 1.0,
        rules=session.asked.rules,
    )
    missing = {cell.key for cell in lacking.cells}
    return [each if each.key in missing else replace(each, needed=False) for each in session.expected]
