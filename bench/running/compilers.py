"""Whether there is a compiler for what `torch.compile` makes. Imports nothing heavy: a sweep's parent asks."""

import os
import shutil

from bench.errors import UserError

LANGUAGES = {"cpu": ("CXX", "C++", ("g++", "clang++")), "cuda": ("CC", "C", ("gcc", "clang"))}
"""By device: the environment variable that names a compiler, its language, and those that are looked for."""


def check_compiler(device: str, option: str = "training.compile=true") -> None:
    """Raise UserError where torch has no compiler for this device's code, which `option` asks for.

    A CPU's code is written in C++. A GPU's is compiled by Triton, which builds the C program that starts it with the
    machine's own compiler (module triton.runtime.build).
    """
    variable, language, compilers = LANGUAGES[device]
    found = os.environ.get(variable) or next(filter(shutil.which, compilers), None)
    if found is None or shutil.which(found) is None:
        raise UserError(
            f"{option} on {'a CPU' if device == 'cpu' else 'a GPU'} needs a {language} compiler "
            f"({' or '.join(compilers)}, or {variable})"
        )
