"""An index of packages that hold nothing and need nothing: the libraries themselves are those of the tests."""

import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement

from tests.sources.conftest import WheelShelf
from tests.support.cli import REPOSITORY


def stubs(folder: Path) -> str:
    """Fill a folder with a wheel for each package that the program names; returns their versions, a line each."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    versions = {name: version(name) for name in (Requirement(line).name for line in project["dependencies"])}
    for name, found in versions.items():
        WheelShelf(folder).add({}, package=name, version=found)
    return "".join(f"{name}=={found}\n" for name, found in versions.items())
