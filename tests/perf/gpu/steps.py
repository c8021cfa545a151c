"""Training steps of a row: by Trainer, and in a stack that begins with many cells and ends with one, also compiled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.methods.fitted import Context, FittedCells
from bench.models.estimate import estimate_cell
from bench.models.shape import shape_of
from bench.running.memory import release
from bench.running.out_of_memory import is_out_of_memory
from tests.gpu.cells import Row, cells, splits
from tests.gpu.lengths import LONGEST
from tests.gpu.stacks import fitted
from tests.perf.gpu.recorder import WINDOW, Recorder, Window

BATCH = 16
"""Examples of a cell in a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of `window.cells` cells."""

    row: str
    is_stack: bool
    """Else one cell by Trainer."""
    window: Window
    tokens: float
    """Of all cells, without padding; a mean."""
    weights: int
    """Parameters that a token is multiplied with."""
    estimated_bytes: int
    """Of memory, for texts as long as the longest one."""
    is_compiled: bool = False
    """The stack's blocks (`fused.compile=blocks`)."""

    @property
    def samples_per_second(self) -> float:
        """Training examples of all cells."""
        return self.window.cells * BATCH / self.window.seconds

    @property
    def tokens_per_second(self) -> float:
        """Of all cells, without padding."""
        return self.tokens / self.window.seconds

    def utilization(self, peak: float) -> float:
        """The part of `peak` (operations a second) that products with frozen weights are: MFU.

        Four operations a weight and token: two forward, two back; the weights themselves have no gradients.
        """
        return 4 * self.weights * self.tokens_per_second / peak

    @property
    def busy(self) -> float:
        """The part of a step in which the device computes or copies."""
        return self.window.profiled.device_seconds / self.window.seconds


def steps(row: Row, folder: Path, context: Context, sizes: Sequence[int], *, compiled: bool = False) -> list[Step]:
    """Steps by Trainer, then of a stack of the largest of `sizes`, which shrinks to the next ones.

    Where memory does not hold the largest, the stack begins with the next one. Raises what torch raises where it does
    not hold one cell. With `compiled` the same stack
    comes a second time with its blocks compiled.
    """
    found = _recorded(row, cells(row, folder, [WINDOW]), context, [1], is_stack=False)
    found += _ladder(row, folder, context, sizes)
    if not compiled:
        return found
    return found + _ladder(row, folder, replace(context, compile_blocks=True), sizes)


def _ladder(row: Row, folder: Path, context: Context, sizes: Sequence[int]) -> list[Step]:
    """Of the largest stack that fits, as it shrinks."""
    for start in range(len(sizes)):
        ladder = sorted(sizes, reverse=True)[start:]
        try:
            return _recorded(row, ladder_of(row, folder, ladder), context, ladder, is_stack=True)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            print(f"{row.name}: {ladder[0]} cells do not fit", flush=True)
        context.warm.clear()
    return []


def ladder_of(row: Row, folder: Path, sizes: Sequence[int]) -> list[Cell]:
    """Cells that end one window after the other, so that these are the sizes that the stack has in turn."""
    windows = [sum(place < size for size in sizes) for place in range(sizes[0])]
    return cells(row, folder, [WINDOW * count for count in windows])


def _recorded(row: Row, of: Sequence[Cell], context: Context, sizes: Sequence[int], *, is_stack: bool) -> list[Step]:
    release()  # of what went before, which would be in the peak
    recorder = Recorder(context.device, sizes)
    found = fitted("fused" if is_stack else "single", of, [splits(cell) for cell in of], context, recorder.on_step)
    per_step = _tokens_per_step(found)
    return [
        Step(
            row=row.name,
            is_stack=is_stack,
            window=window,
            tokens=sum(per_step[: window.cells]),
            weights=multiplied_weights(of[0]),
            estimated_bytes=estimated(of[: window.cells]),
            is_compiled=is_stack and context.compile_blocks,
        )
        for window in recorder.windows
    ]


def _tokens_per_step(found: FittedCells) -> list[float]:
    """Of each cell, without padding, over all of its training."""
    trained = [outcome.summary.training for outcome in found.outcomes if not isinstance(outcome, Exception)]
    return [training.tokens_seen / training.steps for training in trained if training is not None]


def multiplied_weights(cell: Cell) -> int:
    """Parameters of the backbone but for the embedding, which is looked up."""
    assert isinstance(cell.model, TransformerConfig)
    shape = shape_of(cell.model)
    assert shape is not None
    return shape.parameters - shape.embedding


def estimated(of: Sequence[Cell]) -> int:
    """Bytes that cells take in one stack by `bench.models.estimate`, at their longest text."""
    total = 0
    for number, cell in enumerate(of):
        size = estimate_cell(cell, tokens=LONGEST)
        assert size is not None
        total += size.trained + size.activations + (size.weights if number == 0 else 0)
    return total
