"""Whole cells: one after the other in a warm process, and in one stack."""

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
    fused: float


def whole(row: Row, folder: Path, context: Context, count: int = CELLS) -> Whole:
    """Measure both ways; the frozen model is loaded before, by a cell that is not counted."""
    _run(row, folder, context, 1, "single")
    alone = _run(row, folder, context, count, "single")
    return Whole(row.name, count, alone, _run(row, folder, context, count, "fused"))


def _run(row: Row, folder: Path, context: Context, count: int, engine: Engine) -> float:
    """Seconds that `count` cells take."""
    made = cells(row, folder, [STEPS] * count, eval_steps=EVERY)
    examples = [splits(cell) for cell in made]
    together = [slice(0, count)] if engine == "fused" else [slice(i, i + 1) for i in range(count)]
    clock = time.perf_counter()
    for part in together:
        found = fitted(engine, made[part], examples[part], context)
        for name in ("validation", "test"):
            assert None not in found.predict(name)
    finish(context.device)
    return time.perf_counter() - clock
