"""`training.compile`: torch.compile around the model of a cell."""

import os
import shutil

import torch

from bench.errors import UserError

BACKEND = "inductor"
COMPILERS = ("g++", "clang++")


def compile_model(model: torch.nn.Module, device: str) -> None:
    """Have `model` compiled, for any length of texts, when it first runs in training and in evaluation.

    Names of modules and parameters stay. Raises UserError where a CPU's code can't be built.
    """
    check_compiler(device)
    torch.compiler.reset()  # graphs are another model's, and there is room for a few only: beyond, nothing is compiled
    model.compile(backend=BACKEND, dynamic=True)


def check_compiler(device: str) -> None:
    """Raise UserError where torch has no compiler for this device's code. (For a GPU it brings its own.)"""
    found = os.environ.get("CXX") or next(filter(shutil.which, COMPILERS), None)
    if device == "cpu" and (found is None or shutil.which(found) is None):
        raise UserError(f"training.compile=true on a CPU needs a C++ compiler ({' or '.join(COMPILERS)}, or CXX)")
