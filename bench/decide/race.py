"""The rounds of a race, from its words to the exit code."""

from collections.abc import Sequence

from bench.decide.begin import begun, check_budget
from bench.decide.choose import turns
from bench.decide.options import taken
from bench.decide.page import draw
from bench.decide.session import Session
from bench.decide.terminal import Terminal
from bench.escape.terminal import say
from bench.report.race.field import Place
from bench.report.race.races import PlaceRace
from bench.running.preflight import check_tasks
from bench.sweep.composed import with_experiment
from bench.sweep.launch import INTERRUPTED, check_reported, check_run
from bench.sweep.stopped import Interrupted


def decide(words: Sequence[str], config_dir: str | None = None) -> int:
    """Run the race that the words of a command line ask for; return the exit code. Raises UserError."""
    options, rest = taken(words)
    session, made = begun(with_experiment(rest, config_dir), options)
    if session.settings.command == "plan":
        from bench.decide.plan import plan

        return plan(session)
    check_tasks(session.cells)
    return _run(session, made.overrides)


def _run(session: Session, overrides: Sequence[Sequence[str]]) -> int:
    terminal, number = Terminal(session), 0
    races = session.look()
    _check(session, races)
    terminal.begin()
    while True:
        terminal.state(races, number)
        chosen = session.next_round(races)
        if not chosen.cells:
            break
        number += 1
        terminal.round(chosen, races, number)
        stopped = session.run(chosen)
        races = session.look()
        if stopped is not None:
            say(f"stopped early: {stopped}; the same command goes on from here", error=True)
            return INTERRUPTED if isinstance(stopped, Interrupted) else 1
    terminal.end(races, chosen.too_dear)
    draw(session, races, overrides)
    return 1 if session.has_failures() else 0


def _check(session: Session, races: dict[Place, PlaceRace]) -> None:
    """Raise UserError, before any work, where cells that may be run can't be, or the budget is too small."""
    open_cells = [session.by_key[cell.key] for cell in session.of.cells if cell.key not in session.answers.done()]
    if not open_cells or all(one.is_closed for one in races.values()):
        return
    check_run(open_cells, session.settings, session.runner)
    check_reported(session.cells, session.settings)
    durations = session.durations(session.cells)
    first = turns(
        session.of,
        races,
        session.answers.done(),
        lambda cell: durations.of(session.by_key[cell.key]).seconds,
        session.asked.rules,
    )
    check_budget(session, {turn.place: turn.seconds for turn in first}, sum(len(turn.cells) for turn in first))
