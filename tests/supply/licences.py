"""Licences of what users install with us, against a list of those that are allowed."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LIST = Path(__file__).with_name("licences.toml")
PROJECT = Path(__file__).parents[2] / "pyproject.toml"
FOR_DEVELOPERS = ("dev", "docs")
"""Extras that no user installs."""


def check() -> int:
    """Print each licence with its packages, and those that are not allowed; 1 where there are some."""
    known = tomllib.loads(LIST.read_text(encoding="utf-8"))
    needed = runtime()
    found = {name: licence for name, licence in installed().items() if name in needed}
    for licence in sorted(set(found.values())):
        print(f"{licence}\t{', '.join(sorted(name for name, own in found.items() if own == licence))}")
    unknown = not_allowed(found, known["allowed"], known["exceptions"])
    for name, licence in unknown.items():
        print(f"error: {name} is under {licence!r}, which {LIST.name} does not allow", file=sys.stderr)
    print(f"{len(found)} packages, {len(unknown)} with a licence that is not allowed")
    return int(bool(unknown))


def runtime() -> set[str]:
    """Names of all installed packages that the package and its extras for users need, and what these need."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [
        *project["dependencies"],
        *(line for name in extras if name not in FOR_DEVELOPERS for line in extras[name]),
    ]
    ahead, found = [Requirement(line) for line in asked], set[tuple[str, str]]()
    while ahead:
        needed = ahead.pop()
        for extra in ("", *needed.extras):
            key = (canonicalize_name(needed.name), extra)
            if key in found:
                continue
            try:
                lines = requires(needed.name) or []
            except PackageNotFoundError:  # an extra of another machine, or one that is not installed here
                continue
            found.add(key)
            ahead += [
                own for own in map(Requirement, lines) if own.marker is None or own.marker.evaluate({"extra": extra})
            ]
    return {name for name, _ in found if name != canonicalize_name(project["name"])}


def installed() -> dict[str, str]:
    """The licence of every installed package, as pip-licenses finds it; a whole text is called by its first line."""
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed", "--with-system"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {
        canonicalize_name(package["Name"]): package["License"].strip().splitlines()[0].strip()
        for package in json.loads(done.stdout)
    }


def not_allowed(found: Mapping[str, str], allowed: Iterable[str], exceptions: Mapping[str, str]) -> dict[str, str]:
    """Packages whose licence is none of those `allowed`, and that are no exception."""
    names = {name.casefold() for name in allowed}
    return {
        package: licence
        for package, licence in sorted(found.items())
        if not is_allowed(licence, names) and not any(fnmatch(package, pattern) for pattern in exceptions)
    }


def is_allowed(licence: str, allowed: Iterable[str]) -> bool:
    """Whether all of `A AND B` and `A; B` are in `allowed`, which is in small letters; of `A OR B` one."""
    whole = licence.casefold().strip()
    if whole in allowed:
        return True
    if (inner := re.fullmatch(r"\(([^()]*)\)", whole)) is not None:
        return is_allowed(inner[1], allowed)
    parts = re.split(r"\s+and\s+(?![^()]*\))|;", whole)
    if len(parts) > 1:
        return all(is_allowed(part, allowed) for part in parts if part.strip() != "dfsg approved")
    choices = re.split(r"\s+or\s+(?![^()]*\))", whole)
    return len(choices) > 1 and any(is_allowed(choice, allowed) for choice in choices)
