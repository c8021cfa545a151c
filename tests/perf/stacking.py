"""Cells in one stack against the same cells one after the other, in a process that is warm."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from bench.cell import Cell
from bench.compose import to_cell
from bench.results.record import Status
from bench.settings import Settings
from tests.perf.measure import DEVICE, Line, Stopwatch, Taken, compare, threads, times
from tests.perf.study import words
from tests.support.cli import composed

T = TypeVar("T")

FUSED_EPOCHS = int(os.environ.get("PERF_FUSED_EPOCHS", "2"))
"""Of each cell; with 80 examples and batches of 4, as the study has, 20 steps an epoch."""
STACKS = (1, 2, 4, 8, 16)
"""Cells in a stack, where steps are timed."""
STEPS = 6
"""That are timed for each stack; the first two are not counted."""


def cells_of(model: str, method: str, count: int, precision: str = "bf16") -> list[Cell]:
    """`count` cells of the study: 2 and 4 labels in turn, 80 examples, seeds."""
    found = []
    for number in range(count):
        (content,) = composed(
            *words(Path()), f"training.precision={precision}", f"model={model}", f"method={method}", "train_size=80",
            f"num_labels={(2, 4)[number % 2]}", f"seed={number // 2}", f"training.num_train_epochs={FUSED_EPOCHS}",
            f"training.optim={'adamw_bnb_8bit' if method == 'qlora' else 'adamw_torch'}",
        )  # fmt: skip
        found.append(to_cell(content))
    return found


def one_by_one(cells: Sequence[Cell], warm: Any) -> Taken:
    """As a warm worker runs single cells."""
    from bench.running.run import run_cell

    with tempfile.TemporaryDirectory() as folder:
        watch = Stopwatch()
        for cell in cells:
            record = run_cell(cell, Settings(results_dir=folder, device=DEVICE), warm=warm)
            assert record.status is Status.OK, record.failure
        return watch.read()


def stacked(cells: Sequence[Cell], warm: Any) -> Taken:
    """As a warm worker runs fused cells."""
    from bench.running.run import run

    with tempfile.TemporaryDirectory() as folder:
        watch = Stopwatch()
        records = run(cells, Settings(results_dir=folder, device=DEVICE), warm=warm)
        assert all(record.status is Status.OK for record in records)
        return watch.read()


def fused() -> list[Line]:
    """Eight QLoRA cells of SmolLM2."""
    from bench.running.warm import Warm

    cells, warm = cells_of("smollm2_135m", "qlora", 8), Warm(lasting=True)
    with threads():
        one_by_one(cells[:1], warm)  # it carries imports and loading, and nobody counts it
        ways = {"one by one": lambda: one_by_one(cells, warm), "fused": lambda: stacked(cells, warm)}
        medians = compare(ways)
    work, against = "8 QLoRA cells of SmolLM2, fused", "one after another, warm"
    return [times(work, against, medians["one by one"], medians["fused"], target=2.5, profile=profile)]


def within(cells: Sequence[Cell], use: Callable[[Callable[[], None]], T]) -> T:
    """What `use` makes of a function that takes one training step of a stack of `cells`, instead of training them."""
    import torch

    from bench.methods.fused import loop
    from bench.methods.fused.optimizers import optimizer_for

    found = []

    def train(stack: Any, members: Any, *_: Any) -> list[int]:
        optimizer = optimizer_for(members, stack.rows)

        def step() -> None:
            loop._backward(stack, members, [next(member.updates) for member in members])
            optimizer.step()
            stack.rows.gradients.zero_()
            if DEVICE == "cuda":
                torch.cuda.synchronize()

        found.append(use(step))
        return [1] * len(members)

    from bench.running.warm import Warm

    with mock.patch.object(loop, "train", train):
        stacked(cells, Warm())
    return found[0]


def profile(model: str = "smollm2_135m", method: str = "qlora", precision: str = "bf16") -> list[Line]:
    """The operations in which a training step of eight cells in a stack spends most."""
    from torch.profiler import profile as profiler

    def use(step: Callable[[], None]) -> list[Line]:
        step()
        with profiler() as found:
            step()
        events = found.key_averages()
        own = {event.key: event.self_device_time_total + event.self_cpu_time_total for event in events}
        calls = {event.key: event.count for event in events}
        most = sorted(own, key=lambda name: -own[name])[:12]
        whole = sum(own.values())
        return [Line(f"  {name}", f"{calls[name]} calls", f"{100 * own[name] / whole:.1f} %") for name in most]

    with threads():
        return within(cells_of(model, method, 8, precision), use)


def steps() -> list[Line]:
    """Time per cell and step by the cells in a stack, and how many operations or launches a step is."""
    lines = []
    for model, method in (("minilm", "lora"), ("smollm2_135m", "qlora")):
        taken = {}
        with threads():
            for count in STACKS:
                seconds, launches = within(cells_of(model, method, count), _timed)
                taken[count] = seconds / count
                alone = taken[STACKS[0]]
                work = f"step of {count} cells, {model} {method}, {launches} {LAUNCHES}"
                measured = f"{1000 * taken[count]:.1f} ms a cell"
                lines.append(Line(work, "a stack of 1", f"{alone / taken[count]:.2f} x; {measured}"))
    return lines


LAUNCHES = "launches" if DEVICE == "cuda" else "operations"


def _timed(step: Callable[[], None]) -> tuple[float, int]:
    """Median seconds of a step after the first two, and its kernel launches, or on a CPU its operations."""
    from torch.profiler import profile as profiler

    taken = []
    for _ in range(STEPS):
        clock = time.perf_counter()
        step()
        taken.append(time.perf_counter() - clock)
    with profiler() as found:
        step()
    name = "cudaLaunchKernel" if DEVICE == "cuda" else "aten::"
    return statistics.median(taken[2:]), sum(e.count for e in found.key_averages() if e.key.startswith(name))
