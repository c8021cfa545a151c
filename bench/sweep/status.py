"""`command=status`: how far the cells of an experiment are, what runs where, and the time left. Runs nothing."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from bench.cell import Cell
from bench.escape.characters import visible_line
from bench.escape.terminal import console, line
from bench.results.claims import CLAIM, Claim
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.duration import Basis, Duration, Durations
from bench.sweep.feasible import local_data
from bench.sweep.runners.base import Runner
from bench.sweep.survey import Standing, State, Survey, survey
from bench.sweep.wording import table
from bench.sweep.workforce import Workforce
from bench.wording import counted, rough_duration

SHOWN = 40
"""Running cells that are named."""


def status(cells: Sequence[Cell], settings: Settings, runner: Runner) -> int:
    """Print how far `cells` are, which that runner runs; return the exit code, 0."""
    found = survey(cells, settings)
    out = console()
    _print_rows(found, settings, out)
    claimed = [standing for standing in found.standings if standing.claim is not None]
    for standing in claimed[:SHOWN]:
        assert standing.claim is not None
        out.print(f"{standing.state}: {standing.cell.key}", soft_wrap=True)
        out.print(f"  {visible_line(_where(standing.claim))}", soft_wrap=True)
    if len(claimed) > SHOWN:
        out.print(f"... and {len(claimed) - SHOWN:,} more")
    odd = [standing for standing in found.standings if standing.odd is not None]
    for standing in odd[:SHOWN]:
        said = visible_line(f"its {CLAIM} cannot be used ({standing.odd})")
        out.print(f"{standing.state}: {standing.cell.key}, {said}", soft_wrap=True)
    if len(odd) > SHOWN:
        out.print(f"... and {len(odd) - SHOWN:,} more with claims that cannot be used")
    _print_left(found, settings, runner, out)
    return 0


def _print_rows(found: Survey, settings: Settings, out: Console) -> None:
    counts = {row: Counter(map(_column, standings)) for row, standings in found.rows.items()}
    order = ["done", "running", "interrupted", *(s.value for s in Status if s is not Status.OK), "missing"]
    met = {name for row in counts.values() for name in row}
    columns = [name for name in order if name in met or name in ("done", "missing")]
    shown = table("model and method", "cells", *columns, title=f"Status of {settings.title}")
    for row, each in counts.items():
        shown.add_row(line(row), f"{each.total():,}", *(f"{each[name]:,}" if each[name] else "" for name in columns))
    total = Counter(map(_column, found.standings))
    if len(counts) > 1:
        shown.add_section()
        shown.add_row("all", f"{total.total():,}", *(f"{total[name]:,}" if total[name] else "" for name in columns))
    out.print(shown)
    parts = [f"{total[name]:,} {name}" for name in columns]
    out.print(f"{counted(total.total(), 'cell')}: {', '.join(parts)}.")


def _column(standing: Standing) -> str:
    """The state, of a failed cell how it failed."""
    if standing.state is State.FAILED:
        assert standing.record is not None
        return standing.record.status.value
    return standing.state.value


def _where(claim: Claim) -> str:
    """Who runs it, where, since when."""
    job = "" if claim.job is None else f", job {claim.job}"
    if (since := _since(claim)) is None:
        return f"on {claim.host}, {claim.device} ({claim.launcher}{job}), it is not known since when"
    return (
        f"on {claim.host}, {claim.device} ({claim.launcher}{job}), since "
        f"{since.astimezone():%Y-%m-%d %H:%M:%S}, {rough_duration(_elapsed(claim))}"
    )


def _since(claim: Claim) -> datetime | None:
    """When the cell was claimed, in UTC where it does not say; None where that is no time."""
    try:
        since = datetime.fromisoformat(claim.started)
        since = since if since.tzinfo is not None else since.replace(tzinfo=UTC)
        since.astimezone()
    except (ValueError, OverflowError):
        return None
    return since


def _elapsed(claim: Claim) -> float:
    """Seconds since the claim, not below 0: another machine's clock may be ahead, or wrong altogether."""
    since = _since(claim)
    return 0.0 if since is None else max(0.0, (datetime.now(UTC) - since).total_seconds())


def _print_left(found: Survey, settings: Settings, runner: Runner, out: Console) -> None:
    """The time left, by records of like cells where there are any."""
    running = [standing for standing in found.standings if standing.state is State.RUNNING]
    waiting = [s for s in found.standings if s.wanted and s.state is not State.RUNNING]
    if not running and not waiting:
        out.print("Nothing is left to run.")
        return
    place = runner.workforce(settings, len(running) + len(waiting))
    expected = _durations([standing.cell for standing in [*running, *waiting]], found, place, settings)
    elapsed = [_elapsed(standing.claim) for standing in running if standing.claim is not None]
    elapsed += [0.0] * len(waiting)
    seconds = sum(max(0.0, each.seconds - past) for each, past in zip(expected, elapsed, strict=True))
    guessed = sum(each.basis is not Basis.RECORDS for each in expected)
    guess = f"; for {counted(guessed, 'cell')} of {len(expected):,} that is a guess" if guessed else ""
    left = rough_duration(seconds / place.workers_left(len(running)))
    out.print(f"Left: about {left} with {place.at_work(len(running))}{guess}.")


def _durations(cells: Sequence[Cell], found: Survey, place: Workforce, settings: Settings) -> list[Duration]:
    """As a plan has them; data is read only where something has to be guessed."""
    durations = list(map(Durations(found.records, place, rows=found.named).of, cells))
    if all(each.basis is not Basis.GUESS for each in durations):
        return durations
    local = local_data((cell.task for cell in cells), settings)
    return list(map(Durations(found.records, place, local.characters, found.named).of, cells))
