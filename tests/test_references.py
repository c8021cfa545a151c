"""Paths and modules that documents, comments and docstrings name are there."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.cli import REPOSITORY

PATH = re.compile(r"(?<![\w/.-])(?:bench|conf|hydra_plugins|tests)(?:/[\w-]+)+(?:\.\w+)*/?")
MODULE = re.compile(r"(?<![\w/.-])bench(?:\.[a-z_]\w*)+")
ENDING = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|yaml|j2))`")
"""Of a path, in backticks: `stamp.py`, `splits/rows.py`."""

INVENTED = {
    *("data/tickets.yaml", "experiment/tickets.yaml", "conf/data/tickets.yaml", "conf/hydra/launcher/lab.yaml"),
    *("conf/model/mine.yaml", "conf/experiment/first_look.yaml", "conf/data/headlines.yaml"),
    *("conf/experiment/headlines.yaml", "headlines.py"),
}
"""Files of a user's own, in examples."""


def lines() -> Iterator[tuple[str, str]]:
    """(file:line, text) of documents, and of code and configuration with their comments."""
    found = [*REPOSITORY.glob("*.md"), REPOSITORY / "Makefile", REPOSITORY / "pyproject.toml"]
    found += (REPOSITORY / "docs").rglob("*.md")
    found += [path for folder in ("bench", "hydra_plugins") for path in (REPOSITORY / folder).rglob("*.py")]
    found += [*(REPOSITORY / "conf").rglob("*.yaml"), *(REPOSITORY / "tests").rglob("*.md")]
    for path in sorted(found):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{path.relative_to(REPOSITORY)}:{number}", line


@cache
def files() -> tuple[str, ...]:
    folders = ("bench", "conf", "docs", "hydra_plugins", "recipes", "tests")
    return tuple(
        path.relative_to(REPOSITORY).as_posix() for name in folders for path in (REPOSITORY / name).rglob("*.*")
    )


@cache
def is_module(dotted: str) -> bool:
    """Whether this is a module, or a name that stands in the module before it."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        base = REPOSITORY.joinpath(*parts[:count])
        source = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if source.exists():
            rest = parts[count:]
            return not rest or bool(re.search(rf"\b{rest[0]}\b", source.read_text(encoding="utf-8")))
    return False


def test_paths_that_are_named_exist() -> None:
    named = [(where, path) for where, line in lines() for path in PATH.findall(line) if path not in INVENTED]
    assert len(named) > 50
    assert [(where, path) for where, path in named if not (REPOSITORY / path).exists()] == []


def test_modules_that_are_named_exist() -> None:
    named = [(where, module) for where, line in lines() for module in MODULE.findall(line)]
    assert len(named) > 500
    assert [(where, module) for where, module in named if not is_module(module)] == []


def test_ends_of_paths_that_are_named_exist() -> None:
    named = [(where, end) for where, line in lines() for end in ENDING.findall(line) if end not in INVENTED]
    assert [(where, end) for where, end in named if not any(Path(file).match(end) for file in files())] == []
