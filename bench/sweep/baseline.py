"""The row that a report measures all others against, where one is asked for."""

from collections.abc import Sequence

from bench.cell import Cell
from bench.errors import UserError
from bench.escape.shell import word
from bench.report.statistics.classical import usual_first
from bench.settings import Settings
from bench.sweep.rows import rows_of


def check_baseline(cells: Sequence[Cell], settings: Settings) -> None:
    """Raise UserError where `baseline` names no classical row of the grid that `cells` are."""
    asked = settings.baseline
    if asked is None:
        return
    labels = rows_of(cells).labels
    rows = usual_first(labels[cell.key] for cell in cells if cell.approach.role == "classical")
    if asked in rows:
        return
    there = f"there are {', '.join(rows)}" if rows else "there is none: add one (model=...,tfidf_sgd)"
    raise UserError(f"{word(f'baseline={asked}')} is no classical row of this grid; {there}")
