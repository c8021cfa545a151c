"""What was measured, as Markdown."""

from collections.abc import Sequence

from tests.perf.gpu.card import Card
from tests.perf.gpu.frozen import Frozen
from tests.perf.gpu.steps import Step
from tests.perf.gpu.whole import Whole

STEP_COLUMNS = (
    "model", "cells", "ms a step", "ms a cell", "x", "samples/s", "tokens/s", "MFU", "launches", "busy", "waits",
    "memory GB", "of estimate",
)  # fmt: skip
WHOLE_COLUMNS = ("whole cells", "cells", "one by one, s", "two workers, s", "fused, s", "x")
FROZEN_COLUMNS = ("frozen backbone", "last block, ms a step", "probe, texts/s")
NONE = "-"


def of_card(card: Card) -> str:
    """A line on the device."""
    memory = "" if card.memory is None else f", {card.memory / 2**30:.0f} GiB"
    measured = f"{card.flops / 1e12:.4g} TFLOP/s in a product in bf16, {card.bandwidth / 1e12:.3g} TB/s in a copy"
    peak = f"MFU is of {card.peak / 1e12:.4g} TFLOP/s, {card.peak_is}."
    return f"{card.name}{memory}: {measured}, {1e6 * card.launch_seconds:.1f} us a launch. {peak}"


def of_steps(steps: Sequence[Step], card: Card) -> list[str]:
    """Lines of the table of steps. `x`: the time of a cell by Trainer over that of a cell in a stack."""
    alone = {step.row: step.window.seconds for step in steps if not step.is_stack}
    return table(STEP_COLUMNS, [_step(step, alone[step.row], card) for step in steps])


def _step(step: Step, alone: float, card: Card) -> tuple[str, ...]:
    window = step.window
    a_cell = window.seconds / window.cells
    peak = window.peak_bytes
    return (
        step.row,
        _cells(step),
        f"{1e3 * window.seconds:.1f}",
        f"{1e3 * a_cell:.2f}",
        f"{alone / a_cell:.2f}",
        f"{step.samples_per_second:,.0f}",
        f"{step.tokens_per_second:,.0f}",
        f"{100 * step.utilization(card.peak):.1f} %",
        f"{window.profiled.launches:,}",
        NONE if peak is None else f"{100 * step.busy:.0f} %",
        NONE if window.waits is None else str(window.waits),
        NONE if peak is None else f"{peak / 1e9:.2f}",
        NONE if peak is None else f"{peak / step.estimated_bytes:.2f}",
    )


def _cells(step: Step) -> str:
    if not step.is_stack:
        return "1, by Trainer"
    return f"{step.window.cells}, compiled" if step.is_compiled else str(step.window.cells)


def of_rows(steps: Sequence[Step], card: Card) -> list[str]:
    """Lines of the short table, one a model: what its largest stack does, and the time of a cell by stack."""
    sizes = sorted({step.window.cells for step in steps if step.is_stack})
    rows = dict.fromkeys(step.row for step in steps)
    lines = [_row([step for step in steps if step.row == row], sizes, card) for row in rows]
    return table(row_columns(sizes), lines)


def row_columns(sizes: Sequence[int]) -> tuple[str, ...]:
    """The head of the short table for stacks of these sizes."""
    stacks = (f"stack of {size}" for size in sizes)
    compiled = f"{max(sizes)}, compiled"
    return (
        "model",
        "by Trainer, ms",
        *stacks,
        compiled,
        "samples/s",
        "tokens/s",
        "MFU",
        "launches",
        "memory GB",
        "of estimate",
    )


def _row(steps: Sequence[Step], sizes: Sequence[int], card: Card) -> tuple[str, ...]:
    """A line of the short table."""
    stacks = {step.window.cells: step for step in steps if step.is_stack and not step.is_compiled}
    compiled = {step.window.cells: step for step in steps if step.is_compiled}
    (alone,) = (step for step in steps if not step.is_stack)
    by_size = (_ms(stacks[size]) if size in stacks else NONE for size in sizes)
    largest = _step(stacks[max(stacks)] if stacks else alone, alone.window.seconds, card)
    by_column = dict(zip(STEP_COLUMNS, largest, strict=True))
    rest = ("samples/s", "tokens/s", "MFU", "launches", "memory GB", "of estimate")
    shared = _ms(compiled[max(compiled)]) if compiled else NONE
    return (alone.row, _ms(alone), *by_size, shared, *(by_column[name] for name in rest))


def _ms(step: Step) -> str:
    """A cell's part of a step."""
    return f"{1e3 * step.window.seconds / step.window.cells:.2f}"


def of_whole(whole: Sequence[Whole]) -> list[str]:
    """Lines of the table of whole cells."""
    return table(WHOLE_COLUMNS, [_whole(of) for of in whole])


def _whole(of: Whole) -> tuple[str, ...]:
    two = NONE if of.two_workers is None else f"{of.two_workers:.1f}"
    return (of.row, str(of.cells), f"{of.one_by_one:.1f}", two, f"{of.fused:.1f}", f"{of.one_by_one / of.fused:.2f}")


def of_frozen(frozen: Sequence[Frozen]) -> list[str]:
    """Lines of the table of frozen backbones."""
    rows = [(of.row, f"{1e3 * of.step_seconds:.1f}", f"{of.texts_per_second:,.0f}") for of in frozen]
    return table(FROZEN_COLUMNS, rows)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (columns, ["---"] * len(columns), *rows)]
