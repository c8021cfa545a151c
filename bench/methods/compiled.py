"""`training.compile`: torch.compile around the model of a cell."""

import torch

from bench.running.compilers import check_compiler

BACKEND = "inductor"


def compile_model(model: torch.nn.Module, device: str) -> None:
    """Have `model` compiled, for any length of texts, when it first runs in training and in evaluation.

    Names of modules and parameters stay. Raises UserError where a CPU's code can't be built.
    """
    check_compiler(device)
    torch.compiler.reset()  # graphs are another model's, and there is room for a few only: beyond, nothing is compiled
    model.compile(backend=BACKEND, dynamic=True)
