"""Packages that not everybody needs: the extra that each is installed by, and what is said where one is missing."""

from importlib.util import find_spec

EXTRAS = {"bitsandbytes": "qlora", "gguf": "gguf", "setfit": "setfit", "submitit": "slurm"}
"""By the package's name in Python; extras of `pyproject.toml`."""


def is_here(package: str) -> bool:
    """Whether a package is installed; it is not imported."""
    return find_spec(package) is not None


def how_to_install(package: str) -> str:
    """The command that brings a package."""
    extra = EXTRAS.get(package)
    return f"pip install {package}" if extra is None else f"pip install 'finetune-bench[{extra}]'"
