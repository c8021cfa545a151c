"""The options that a command line may give, as `conf/config.yaml` lists them: name, default, and what it is for."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.options.folder import CONF

_OPTION = re.compile(r"(?P<name>\w+): (?P<default>.*?)(?:\s+# (?P<comment>.*))?")
_COMMENT = re.compile(r"\s+# (?P<comment>.*)")
OWN = Path("conf")
"""Of the user, in the folder where the command runs: its files are beside ours."""


class Option(NamedTuple):
    """One line of the file."""

    name: str
    default: str
    comment: str


def options(folder: Path = CONF) -> dict[str, Option]:
    """The options outside groups, by name; Hydra's own are left out. Reads the file, and imports nothing."""
    found: dict[str, Option] = {}
    for line in (folder / "config.yaml").read_text("utf-8").partition("\nhydra:")[0].splitlines():
        if (one := _OPTION.fullmatch(line)) is not None and one["default"]:
            found[one["name"]] = Option(one["name"], one["default"], one["comment"] or "")
        elif (more := _COMMENT.fullmatch(line)) is not None and found:
            last = found[next(reversed(found))]
            found[last.name] = last._replace(comment=f"{last.comment} {more['comment']}".strip())
    return found


def groups(folder: Path = CONF) -> dict[str, list[str]]:
    """The groups (`model`) and the choices that each has, by name; what is in their own folders is left out."""
    names = (path.name for path in sorted(folder.iterdir()) if path.is_dir() and path.name != "hydra")
    return {name: list(choices(name, folder)) for name in names}


def choices(group: str, folder: Path = CONF) -> Iterator[str]:
    """What may be chosen of a group, ours and those of the user's own `conf/`, smoke experiments as `smoke/NAME`."""
    found = dict.fromkeys(_names(folder / group))
    yield from found
    if OWN.resolve() != folder.resolve():
        yield from (name for name in _names(OWN / group) if name not in found)


def _names(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from (path.stem for path in sorted(folder.glob("*.yaml")))
        yield from (f"smoke/{path.stem}" for path in sorted(folder.glob("smoke/*.yaml")))
