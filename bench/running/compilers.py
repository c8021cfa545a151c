"""Whether there is a compiler for what `torch.compile` makes. Imports nothing heavy: a sweep's parent asks."""

import os
import shutil
import tempfile
from pathlib import Path

from bench.errors import UserError, said

LANGUAGES = {"cpu": ("CXX", "C++", ("g++", "clang++")), "cuda": ("CC", "C", ("gcc", "clang"))}
"""By device: the environment variable that names a compiler, its language, and those that are looked for."""

CACHE = "TORCHINDUCTOR_CACHE_DIR"
"""The environment variable that names the folder of what torch compiles; without it that is in the temporary one."""


def check_compiler(device: str, option: str = "training.compile=true") -> None:
    """Raise UserError where torch has no compiler for this device's code, which `option` asks for, or no place for it.

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
    if folder := os.environ.get(CACHE):
        _check_cache(Path(folder), option)


def _check_cache(folder: Path, option: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"{option} compiles into {CACHE}={folder}, which cannot be written: {said(error)}") from error
