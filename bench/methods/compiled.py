"""`training.compile`: torch.compile around the model of a cell."""

import os
import shutil

import torch

from bench.errors import UserError

BACKEND = "inductor"
LANGUAGES = {"cpu": ("CXX", "C++", ("g++", "clang++")), "cuda": ("CC", "C", ("gcc", "clang"))}
"""By device: the environment variable that names a compiler, its language, and those that are looked for."""


def compile_model(model: torch.nn.Module, device: str) -> None:
    """Have `model` compiled, for any length of texts, when it first runs in training and in evaluation.

    Names of modules and parameters stay. Raises UserError where a CPU's code can't be built.
    """
    check_compiler(device)
    torch.compiler.reset()  # graphs are another model's, and there is room for a few only: beyond, nothing is compiled
    model.compile(backend=BACKEND, dynamic=True)


def check_compiler(device: str) -> None:
    """Raise UserError where torch has no compiler for this device's code.

    A CPU's code is written in C++. A GPU's is compiled by Triton, which builds the C program that starts it with the
    machine's own compiler (module triton.runtime.build).
    """
    variable, language, compilers = LANGUAGES[device]
    found = os.environ.get(variable) or next(filter(shutil.which, compilers), None)
    if found is None or shutil.which(found) is None:
        raise UserError(
            f"training.compile=true on {'a CPU' if device == 'cpu' else 'a GPU'} needs a {language} compiler "
            f"({' or '.join(compilers)}, or {variable})"
        )
