"""GPU memory of a cell by arithmetic, before anything is loaded. Estimates: a record says what a cell really took.

What tensors take at the peak, in bytes (to compare with `memory.peak_device` of a record), is the sum of

- the weights: parameters x their precision; 4-bit ones at `four_bit_bytes`, with the embedding in 16 or 32 bits;
- the state of what is trained: weight, gradient and AdamW's two moments, in fp32 (4 x 4 bytes; 8-bit AdamW:
  4 + 4 + 1 + 1), as counted by Rajbhandari et al. 2020 (ZeRO), section 3.1, for fp32;
- the activations: layers x texts x tokens x (a x hidden + b x intermediate) bytes, in the manner of Korthikanti et
  al. 2022 (Reducing Activation Recomputation), section 4; attention itself is fused and keeps next to nothing.

CUDA itself, fragmentation and what kernels need for a moment (say 1 GB in all) come on top. Each method says what it
has in memory (`bench.config.method.base.Method.memory`), of the parts in `bench.models.tensors`.

How close: frozen weights of real cells (`memory.frozen_weights` of SmolLM2 in bf16 and in 4 bits, MiniLM in fp32) are
met within 0.1 %. A LoRA step of SmolLM2 on 16 x 64 tokens added 765 MB to a CPU process, 767 estimated; in 4 bits 839.
(Where attention has dropout, as in BERT, a CPU keeps the attention matrices, which a GPU does not.)
"""

from collections.abc import Sequence

from bench.cell import Cell
from bench.config import Method, TrainingConfig, TransformerConfig
from bench.models.shape import shape_of
from bench.models.tensors import Estimate

OVERHEAD = 1e9
"""Bytes that come on top of tensors: CUDA itself, fragmentation, what kernels need for a moment."""


def estimate(
    model: TransformerConfig, method: Method, training: TrainingConfig | None, *, tokens: int
) -> Estimate | None:
    """The GPU memory of a cell with these (resolved) options, texts of `tokens` tokens; None where a size is unknown.

    `training` is what `compose` gives: None for the methods that train nothing by gradients.
    """
    shape = shape_of(model)
    return None if shape is None else method.memory(shape, model.family, training, tokens)


def estimate_cell(cell: Cell, *, tokens: int) -> Estimate | None:
    """`estimate` of a cell; None, too, for one that has no transformer or no method."""
    if not isinstance(cell.model, TransformerConfig) or cell.method is None:
        return None
    return estimate(cell.model, cell.method, cell.training, tokens=tokens)


def num_fitting(sizes: Sequence[Estimate], memory: float) -> int:
    """How many cells of these sizes fit `memory` bytes in one stack, at least 1.

    The frozen weights are there once; each cell has its own adapters, optimizer states and activations.
    """
    once = max(size.weights for size in sizes) + OVERHEAD
    each = max(size.trained + size.activations for size in sizes)
    return max(1, int((memory - once) // each))
