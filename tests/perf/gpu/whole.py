"""Whole cells: one after the other in a warm process, in two that share the device, and in one stack."""

import time
from dataclasses import dataclass
from pathlib import Path

from bench.methods.engines import Engine
from bench.methods.fitted import Context
from tests.gpu.cells import Row, cells, splits
from tests.gpu.stacks import fitted
from tests.perf.gpu.card import finish

CELLS, STEPS, EVERY = 8, 30, 10
"""Cells, optimizer steps of each, and steps between validations."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Seconds for all cells: loading adapters, scores before, training with validation, predictions."""

    row: str
    cells: int
    one_by_one: float
    two_workers: float | None
    """None where that was not tried."""
    fused: float


def whole(row: Row, folder: Path, context: Context, count: int = CELLS, *, share: bool = False) -> Whole:
    """Measure the ways, in two processes only where they `share`; a cell that is not counted loads the model before."""
    from tests.perf.gpu.sharing import shared  # which runs cells as this module does

    run_cells(row, folder, context, 1, "single")
    alone = run_cells(row, folder, context, count, "single")
    two = shared(row, folder, context.device, count) if share else None
    return Whole(row.name, count, alone, two, run_cells(row, folder, context, count, "fused"))


def run_cells(row: Row, folder: Path, context: Context, count: int, engine: Engine) -> float:
    """Seconds that `count` cells take."""
    made = cells(row, folder, [STEPS] * count, eval_steps=EVERY)
    examples = [splits(cell) for cell in made]
    together = [slice(0, count)] if engine == "fused" else [slice(i, i + 1) for i in range(count)]
    clock = time.perf_counter()
    for part in together:
        found = fitted(engine, made[part], examples[part], context)
        for name in ("validation", "test"):
            assert all(predicted is not None for predicted in found.predict(name))
    finish(context.device)
    return time.perf_counter() - clock
