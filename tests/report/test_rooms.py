"""Imports between the folders of the report run one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import bench.report

PACKAGE = "bench.report"
ROOT = Path(bench.report.__file__).parent
ORDER = (
    "asked",
    "options",
    "statistics",
    "inputs",
    "race",
    "content",
    "figures",
    "view",
    "tables",
    "study",
    "sections",
    "render",
    "attempts",
    "stamp",
    "page",
    "compare",
)
"""Each folder, or module beside them, imports those to its left and nothing to its right."""


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Everything of the report that a module imports: the line, and the name below `bench.report`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            assert not node.level, f"line {node.lineno}: imports are written in full"
        else:
            continue
        yield from ((node.lineno, name.removeprefix(f"{PACKAGE}.")) for name in names if name.startswith(f"{PACKAGE}."))


def against_the_order(module: str, source: str) -> list[str]:
    """The imports of a module, named below `bench.report`, that lead to a folder on its right."""
    room = module.split(".", maxsplit=1)[0]
    return [
        f"{PACKAGE}.{module}, line {line}: imports {PACKAGE}.{name}, but {room!r} comes before {name.split('.')[0]!r}"
        for line, name in imported(source)
        if ORDER.index(name.split(".")[0]) > ORDER.index(room)
    ]


def modules() -> dict[str, Path]:
    """The report's modules by name below `bench.report`."""
    paths = {path.relative_to(ROOT).with_suffix("").parts: path for path in ROOT.rglob("*.py")}
    return {".".join(parts).removesuffix(".__init__"): path for parts, path in paths.items() if parts != ("__init__",)}


def test_every_folder_has_its_place_in_the_order():
    assert {name.split(".")[0] for name in modules()} == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_no_import_runs_against_the_order_of_the_folders(room):
    own = {name: path for name, path in modules().items() if name.split(".")[0] == room}
    assert not [said for name, path in own.items() for said in against_the_order(name, path.read_text("utf-8"))]


@pytest.mark.parametrize(
    "statement",
    [
        "from bench.report.sections.cost import section",
        "from bench.report import page",
        "import bench.report.view",
        "def late():\n    from bench.report.render import html",
    ],
)
def test_an_import_against_the_order_is_named(statement):
    (said,) = against_the_order("figures.cost", statement)
    assert said.startswith("bench.report.figures.cost, line ")
    assert "'figures' comes before" in said


def test_no_two_modules_of_a_folder_are_the_singular_and_plural_of_a_word():
    names = sorted(modules())
    assert not [name for name in names if f"{name}s" in names]
