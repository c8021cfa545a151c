"""How many cells the device's memory holds in one stack."""

import math
from collections.abc import Sequence

import torch

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.data.split import Splits
from bench.methods.encode import Encoder, num_tokens
from bench.methods.fitted import Context, scored_sets
from bench.methods.loading import ModelFiles, tokenizer_of
from bench.models.estimate import estimate_cell, num_fitting
from bench.models.truncation import TRUNCATIONS
from bench.running import devices


def max_stack_size(cells: Sequence[Cell], splits: Sequence[Splits], context: Context) -> int:
    """The number of `cells` (at least 1) that fit a GPU by `bench.models.estimate`; on a CPU, all of them.

    A stack has no padding, so each cell is reckoned with its batch of most tokens. All, too, where the model's sizes
    are not known.
    """
    if context.device != "cuda":
        return len(cells)
    tokens = max(_most_tokens(cell, of, context) for cell, of in zip(cells, splits, strict=True))
    sizes = [estimate_cell(cell, tokens=tokens) for cell in cells]
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


def _most_tokens(cell: Cell, splits: Splits, context: Context) -> int:
    """Tokens of a text, in the mean over the batch that has most of them: in training, or in evaluation if more."""
    assert isinstance(cell.model, TransformerConfig)
    config = cell.training
    assert config is not None
    tokenizer = tokenizer_of(ModelFiles.find(cell.model, context), context, config.side)
    encode = Encoder(tokenizer, config.max_length, context.warm.tokens, TRUNCATIONS[config.side])
    # oversampling may draw the longest text again and again
    batches = {"train": 1 if config.class_weight == "oversample" else config.per_device_train_batch_size}
    batches |= dict.fromkeys({*scored_sets(config, splits)} - {"train"}, config.per_device_eval_batch_size)
    lengths = {name: [num_tokens(example) for example in encode(getattr(splits, name))] for name in batches}
    return max(heaviest(lengths[name], batch) for name, batch in batches.items())


def heaviest(lengths: Sequence[int], batch: int) -> int:
    """The mean of the largest so many, rounded up."""
    longest = sorted(lengths)[-batch:]
    return math.ceil(sum(longest) / len(longest))
