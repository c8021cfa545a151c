"""Cells in one stack against the same cells one after the other, in a process that is warm."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.compose import to_cell
from bench.results.record import Status
from bench.settings import Settings
from tests.perf.measure import DEVICE, Line, Stopwatch, Taken, compare, threads, times
from tests.perf.study import words
from tests.support.cli import composed

FUSED_EPOCHS = int(os.environ.get("PERF_FUSED_EPOCHS", "2"))
"""Of each cell; with 80 examples and batches of 4, as the study has, 20 steps an epoch."""
STACKS = (1, 2, 4, 8, 16)
"""Cells in a stack, where steps are timed."""
STEPS = 6
"""That are timed for each stack; the first two are not counted."""


def cells_of(model: str, method: str, count: int) -> list[Cell]:
    """`count` cells of the study: 2 and 4 labels in turn, 80 examples, seeds; in the study's precision."""
    found = []
    for number in range(count):
        (content,) = composed(
            *words(Path()), "training.precision=bf16", f"model={model}", f"method={method}", "train_size=80",
            f"num_labels={(2, 4)[number % 2]}", f"seed={number // 2}", f"training.num_train_epochs={FUSED_EPOCHS}",
            f"training.optim={'adamw_bnb_8bit' if method == 'qlora' else 'adamw_torch'}",
        )  # fmt: skip
        found.append(to_cell(content))
    return found


def one_by_one(cells: Sequence[Cell], warm: Any) -> Taken:
    """As a warm worker runs single cells."""
    from bench.run import run_cell

    with tempfile.TemporaryDirectory() as folder:
        watch = Stopwatch()
        for cell in cells:
            record = run_cell(cell, Settings(results_dir=folder, device=DEVICE), warm=warm)
            assert record.status is Status.OK, record.failure
        return watch.read()


def stacked(cells: Sequence[Cell], warm: Any) -> Taken:
    """As a warm worker runs fused cells."""
    from bench.run_fused import run_fused

    with tempfile.TemporaryDirectory() as folder:
        watch = Stopwatch()
        records = run_fused(cells, Settings(results_dir=folder, device=DEVICE), warm=warm)
        assert all(record.status is Status.OK for record in records)
        return watch.read()


def fused() -> list[Line]:
    """Eight QLoRA cells of SmolLM2."""
    from bench.warm import Warm

    cells, warm = cells_of("smollm2_135m", "qlora", 8), Warm(lasting=True)
    with threads():
        one_by_one(cells[:1], warm)  # it carries imports and loading, and nobody counts it
        ways = {"one by one": lambda: one_by_one(cells, warm), "fused": lambda: stacked(cells, warm)}
        medians = compare(ways)
    work, against = "8 QLoRA cells of SmolLM2, fused", "one after another, warm"
    return [times(work, against, medians["one by one"], medians["fused"], target=2, profile=profile)]


def profile() -> list[Line]:
    return []


def steps() -> list[Line]:
    return []
