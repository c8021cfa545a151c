"""What is imported is declared in pyproject.toml, and what is declared is imported or has a reason."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from bench.extras import EXTRAS as BY_PACKAGE
from tests.support.cli import REPOSITORY

OURS = {"bench", "docs", "hydra_plugins", "tests"}
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]

NOT_IMPORTED = {
    "alembic": "MLflow's client makes its tables with it",
    "accelerate": "transformers' Trainer imports it",
    "gguf": "transformers reads GGUF files with it",
    "onnxscript": "torch exports graphs with it",
    "sqlalchemy": "MLflow's client keeps runs in a file with it",
    "pip": "run as a command, to fetch wheels",
}
TOOLS = {
    "cyclonedx-bom": "a command",
    "finetune-bench": "its own extras",
    "flask": "MLflow's server, which a test starts, is made of it",
    "flask-cors": "likewise",
    "mkdocs-material": "the theme of the site",
    "mkdocstrings": "a plugin of MkDocs",
    "ipykernel": "runs the cells of notebooks",
    "mypy": "a command",
    "nbmake": "a plugin of pytest",
    "pandas-stubs": "read by mypy",
    "pip-audit": "a command",
    "pip-licenses": "a command",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "ruff": "a command",
}


def imported(*folders: str) -> Iterator[tuple[str, str]]:
    """(file, distribution) of each import of a package that is neither ours nor Python's."""
    by_module = packages_distributions()
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            for module in modules(ast.parse(path.read_text(encoding="utf-8"))) - OURS - sys.stdlib_module_names:
                assert module in by_module, f"{path}: {module} belongs to no installed package"
                yield path.relative_to(REPOSITORY).as_posix(), normal(by_module[module][0])


def modules(tree: ast.Module) -> set[str]:
    """First parts of the names of all modules that are imported, wherever in the file."""
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level}
    return {name.partition(".")[0] for name in named}


def normal(name: str) -> str:
    """A distribution's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=~! ]", requirement)[0]) for requirement in requirements}


RUNTIME = declared(PROJECT["dependencies"])
OPTIONAL = {name for extra in set(BY_PACKAGE.values()) for name in declared(EXTRAS[extra])}
DEV = declared(EXTRAS["dev"])


def test_what_is_imported_is_declared() -> None:
    known = RUNTIME | OPTIONAL
    assert [(file, name) for file, name in imported("bench", "hydra_plugins") if name not in known] == []


def test_what_tests_import_is_declared() -> None:
    known = RUNTIME | OPTIONAL | DEV
    assert [(file, name) for file, name in imported("tests", "docs") if name not in known] == []


def test_what_is_declared_is_imported_or_has_a_reason() -> None:
    used = {name for _, name in imported("bench", "hydra_plugins")}
    assert used | NOT_IMPORTED.keys() == RUNTIME | OPTIONAL
    assert not used & NOT_IMPORTED.keys()


def test_what_is_for_tests_is_imported_or_a_tool() -> None:
    used = {name for _, name in imported("tests", "docs")} - RUNTIME - OPTIONAL
    assert used | TOOLS.keys() == DEV


@pytest.mark.parametrize(
    "requirement", [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]
)
def test_a_requirement_has_a_lowest_version(requirement: str) -> None:
    """`make test-lowest` installs these."""
    assert normal(requirement).startswith("finetune-bench") or re.search(r"[>=]=\d", requirement)
