"""What fits cells: one by its method's own function, several in one stack. Imports nothing heavy until it is asked."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from bench.cell import Cell
from bench.data.split import Splits
from bench.methods.bar import Watch
from bench.methods.fitted import Context, Fitted, FittedCells, OnStep, Predicted, scored_sets

Engine = Literal["single", "fused"]
"""`single` takes one cell, `fused` one or more that agree in `bench.methods.fused.groups.can_fuse`."""
Fit = Callable[[Cell, Splits, Context], Fitted]
FitAll = Callable[[Sequence[Cell], Sequence[Splits], Context, Sequence[OnStep]], FittedCells]
"""Fits cells on their examples; the last argument has each cell's own `on_step`, in the place of the context's. Raises
what ended all of them."""


@dataclass(slots=True)
class OneCell:
    """A cell that was fitted alone: a stack of one."""

    fitted: Fitted
    splits: Splits
    scored: tuple[str, ...]

    @property
    def outcomes(self) -> tuple[Fitted]:
        """Its model."""
        return (self.fitted,)

    @property
    def shares(self) -> tuple[float]:
        """All of the time."""
        return (1.0,)

    def predict(self, name: str) -> tuple[Predicted | None]:
        """What it predicts for its examples of a set; None for one that it does not score. Raises Diverged."""
        return (self.fitted.predict(getattr(self.splits, name)) if name in self.scored else None,)


def fit_all(engine: Engine, cells: Sequence[Cell]) -> FitAll:
    """The function that fits `cells`, with all that it needs imported."""
    if engine == "fused":
        fused: FitAll = importlib.import_module("bench.methods.fused.fit").fit
        return fused
    (cell,) = cells
    return partial(_fit_one, _fit_function(cell))


def _fit_one(
    fit: Fit, cells: Sequence[Cell], splits: Sequence[Splits], context: Context, on_steps: Sequence[OnStep]
) -> OneCell:
    (cell,), (of,), (on_step,) = cells, splits, on_steps
    context = replace(context, on_step=on_step)
    if context.bar is not None:
        context = replace(context, on_validation=Watch(context.bar, of.validation.ids))
    fitted = fit(cell, of, context)
    return OneCell(fitted, of, scored_sets(cell.training, of))


def _fit_function(cell: Cell) -> Fit:
    fit: Fit = importlib.import_module(cell.approach.module).fit
    if cell.tune is None:
        return fit
    if cell.tune.search:
        from bench.methods.search import fit_searched

        return partial(fit_searched, fit=fit)
    from bench.methods.tune import fit_tuned

    return partial(fit_tuned, fit=fit)
