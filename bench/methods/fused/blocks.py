"""`fused.compile=blocks`: the transformer blocks of a stack are compiled for training.

Blocks of a model are alike, and all cells go through the same ones. So torch makes one program of the first block that
runs, and uses it for the others, for every step, and for the stacks of that model which follow in the process. What
differs between steps (texts, tokens, the cells that are left) has to reach a block as the size of some tensor: what is
a number of Python is part of the program, and another one means another program.

Passes without gradients stay as they are: they are few, and large. So do passes of one-token texts (`can_compile`), and
the last block where it computes only what
stands for texts (`trunk`), for it is like none of the others.

CUDA graphs (`mode="reduce-overhead"`) are left out: they replay a pass of one size, each size is recorded anew and
keeps its memory, and no two steps of a stack have as many tokens.
"""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.fx.experimental import _config

from bench.methods import traced  # noqa: F401 - torch has to know its operations before it traces them

BACKEND = "inductor"
MAX_PROGRAMS = 64
"""For one piece of code. torch's 8 are few for a model with several kinds of blocks: each has a program for passes of
many cells, and may have others for one cell alone, or one text. Beyond, blocks run as if they were not compiled."""

_compiled_for: Hashable = None


def start(model: Hashable) -> None:
    """Forget what was compiled for any other `model`: whatever tells frozen models and their adapters apart."""
    global _compiled_for  # noqa: PLW0603 - what torch keeps is the process's, too
    if model != _compiled_for:
        torch.compiler.reset()
        _compiled_for = model


def compile_blocks(blocks: Sequence[nn.Module]) -> None:
    """Have `blocks` compiled when they first run in a `pass_through`, for any number of tokens, texts and cells."""
    for block in blocks:
        block.compile(backend=BACKEND, dynamic=True)


def can_compile(longest: int) -> bool:
    """Whether a pass can be compiled whose longest text has so many tokens.

    Attention to one token has no sums: torch compiles that by itself, and for some models fails (2.13's inductor, where
    all layers of a Llama have adapters: `KeyError` while it fuses loops).
    """
    return torch.is_grad_enabled() and longest > 1


@contextmanager
def pass_through(*, compiled: bool) -> Iterator[None]:
    """Blocks that are compiled run so in a pass that is to be `compiled`, and as they were elsewhere."""
    if not compiled:
        with torch.compiler.set_stance("force_eager"):
            yield
        return
    # sizes that are equal by chance in the first pass are not so in all
    sizes: Any = _config
    with sizes.patch(use_duck_shape=False), torch._dynamo.config.patch(recompile_limit=MAX_PROGRAMS):
        yield
