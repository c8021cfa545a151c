"""Fitting cells, alone or in one stack: the one place where these suites meet the engines."""

from collections.abc import Sequence

from bench.cell import Cell
from bench.data.split import Splits
from bench.methods.engines import Engine, fit_all
from bench.methods.fitted import Context, FittedCells, OnStep, ignore


def fitted(
    engine: Engine,
    cells: Sequence[Cell],
    splits: Sequence[Splits],
    context: Context,
    on_step: OnStep = ignore,
) -> FittedCells:
    """The cells, trained; `on_step` is told of the steps of the first one. Raises what ended any of them."""
    others = [ignore] * (len(cells) - 1)
    found = fit_all(engine, cells)(cells, splits, context, [on_step, *others])
    for outcome in found.outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return found
