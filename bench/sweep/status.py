"""`command=status`: how far the cells of an experiment are, what runs where, and the time left. Runs nothing."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from bench.cell import Cell
from bench.escape.characters import visible_line
from bench.escape.terminal import console, line
from bench.results.claims import CLAIM
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.claimed import where
from bench.sweep.left import time_left
from bench.sweep.runners.base import Runner
from bench.sweep.survey import Standing, State, Survey, survey
from bench.sweep.wording import table
from bench.wording import counted

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
        out.print(f"  {visible_line(where(standing.claim))}", soft_wrap=True)
    if len(claimed) > SHOWN:
        out.print(f"... and {len(claimed) - SHOWN:,} more")
    odd = [standing for standing in found.standings if standing.odd is not None]
    for standing in odd[:SHOWN]:
        said = visible_line(f"its {CLAIM} cannot be used ({standing.odd})")
        out.print(f"{standing.state}: {standing.cell.key}, {said}", soft_wrap=True)
    if len(odd) > SHOWN:
        out.print(f"... and {len(odd) - SHOWN:,} more with claims that cannot be used")
    left = time_left(found, settings, runner)
    out.print("Nothing is left to run." if left is None else f"Left: {left}.")
    return 0


def _print_rows(found: Survey, settings: Settings, out: Console) -> None:
    counts = {row: Counter(map(_column, standings)) for row, standings in found.rows.items()}
    total = state_counts(found)
    columns = list(total)
    shown = table("model and method", "cells", *columns, title=f"Status of {settings.title}")
    for row, each in counts.items():
        shown.add_row(line(row), f"{each.total():,}", *(f"{each[name]:,}" if each[name] else "" for name in columns))
    if len(counts) > 1:
        shown.add_section()
        shown.add_row(
            "all", f"{len(found.standings):,}", *(f"{total[name]:,}" if total[name] else "" for name in columns)
        )
    out.print(shown)
    parts = [f"{total[name]:,} {name}" for name in columns]
    out.print(f"{counted(len(found.standings), 'cell')}: {', '.join(parts)}.")


def state_counts(found: Survey) -> dict[str, int]:
    """How many cells are in each state, failed ones by how they failed; with all that are met, done and missing."""
    order = ["done", "running", "interrupted", *(s.value for s in Status if s is not Status.OK), "missing"]
    total = Counter(map(_column, found.standings))
    return {name: total[name] for name in order if total[name] or name in ("done", "missing")}


def _column(standing: Standing) -> str:
    """The state, of a failed cell how it failed."""
    if standing.state is State.FAILED:
        assert standing.record is not None
        return standing.record.status.value
    return standing.state.value
