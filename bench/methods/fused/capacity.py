"""How many cells the device's memory holds in one stack."""

from collections.abc import Sequence

import torch

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.data.split import Splits
from bench.methods.encode import Encoder, num_tokens
from bench.methods.fitted import Context
from bench.methods.loading import ModelFiles, tokenizer_of
from bench.models.estimate import estimate, num_fitting
from bench.models.truncation import TRUNCATIONS
from bench.running import devices


def max_stack_size(cells: Sequence[Cell], splits: Sequence[Splits], context: Context) -> int:
    """The number of `cells` (at least 1) that fit a GPU by `bench.models.estimate`; on a CPU, all of them.

    All, too, where the model's sizes are not known.
    """
    if context.device != "cuda":
        return len(cells)
    longest = max(_longest(cell, of, context) for cell, of in zip(cells, splits, strict=True))
    sizes = []
    for cell in cells:
        assert isinstance(cell.model, TransformerConfig)
        assert cell.method is not None
        sizes.append(estimate(cell.model, cell.method, cell.training, tokens=longest))
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return len(cells)
    return min(len(cells), num_fitting(known, available_memory()))


def available_memory() -> int:
    """Bytes of the GPU that are free or this process's already; no more than its share, where workers share the GPU.

    All of them may look before one of them has begun.
    """
    free, total = torch.cuda.mem_get_info()
    return min(int(free) + int(torch.cuda.memory_reserved()), int(total) // devices.workers_on_gpu)


def _longest(cell: Cell, splits: Splits, context: Context) -> int:
    """Tokens of the longest text."""
    assert isinstance(cell.model, TransformerConfig)
    assert cell.training is not None
    side = cell.training.side
    tokenizer = tokenizer_of(ModelFiles.find(cell.model, context), context, side)
    encode = Encoder(tokenizer, cell.training.max_length, context.warm.tokens, TRUNCATIONS[side])
    parts = (splits.train, splits.validation, splits.test)
    return max(num_tokens(example) for part in parts for example in encode(part))
