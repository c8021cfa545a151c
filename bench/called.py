"""Packages that are called as well: `bench.sweep` is where a sweep's modules are, and `bench.sweep(...)` runs one.

`from bench import sweep` is what a user writes, and Python gives the package of that name where one has been imported.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def callable_as(package: str, home: str) -> None:
    """Let the package be called, as the function of its last name in the module `home`, which is imported then."""
    name = package.rpartition(".")[2]

    class Called(ModuleType):
        """Python lets a module have another class (reference, "Customizing module attribute access")."""

        def __call__(self, *args: Any, **options: Any) -> Any:
            return getattr(import_module(home), name)(*args, **options)

    sys.modules[package].__class__ = Called
