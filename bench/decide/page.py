"""The report of a race: cells that were not run because they were not needed are told from those that are missing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.decide.choose import next_round
from bench.decide.session import Session
from bench.errors import UserError, said
from bench.escape.terminal import say
from bench.report.inputs.records import ExpectedCell
from bench.report.options import ReportOptions
from bench.report.race.field import Place
from bench.report.race.races import PlaceRace
from bench.sweep.launch import grid_of, take


def draw(session: Session, races: dict[Place, PlaceRace], overrides: Sequence[Sequence[str]]) -> Path:
    """Write it unless it is there already, and say where it is. Raises UserError where it can't be written."""
    from bench.report.stamp import unchanged_page

    settings, where = session.settings, session.settings.reports_dir
    expected = marked(session, races)
    options = ReportOptions.of(settings, settings.title, None, settings.experiment, session.asked)
    page = None if settings.redraw else unchanged_page(expected, Path(where, settings.title), options)
    if page is not None:
        say(f"report: {page} (unchanged)")
        return page
    from bench.report.page import write_report  # with figures: they take a second to import

    try:
        folder = take(where, settings.title, grid_of((cell.key for cell in session.cells), overrides))
        written = write_report(expected, Path(where, folder.name), options)
    except OSError as error:
        raise UserError(f"reports_dir={where}: no report can be written: {said(error)}") from error
    say(f"report: {written}")
    return written


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
