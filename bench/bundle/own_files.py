"""What is the user's own: configuration, data and models that lie beside the experiment, in a copy of its folder."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bench.bundle.parts import below
from bench.config import DataConfig
from bench.errors import UserError
from bench.escape.literals import override_text
from bench.options.folder import CONF

FOLDER = "own"
"""In a bundle: where a sweep's command is run, for paths are as they were."""
ELSEWHERE = "files"
"""In that: what was not below the folder that the command was run in."""
CONF_DIR = "--config-dir"


@dataclass
class OwnFiles:
    """Files to copy, and the words that name them there."""

    copies: dict[str, Path] = field(default_factory=dict)
    """By path in the bundle."""
    words: list[str] = field(default_factory=list)
    """Overrides for files that were elsewhere."""


def own_files(sources: Iterable[object], config_dir: str | None, *, brings_program: bool = True) -> OwnFiles:
    """What the sources of an experiment's cells, and its configuration, are read of. Raises UserError.

    In a clone the user's files lie among the program's, in its `conf/`: the program's wheel has them all, so they are
    copied where the bundle does not bring it.
    """
    found = OwnFiles()
    has_conf = Path("conf").is_dir() and not (brings_program and Path("conf").resolve() == CONF.resolve())
    for folder in filter(None, ("conf" if has_conf else None, config_dir)):
        copies = below(Path(folder), place(CONF_DIR, folder))
        found.copies |= {path: file for path, file in copies.items() if file.suffix == ".yaml"}
    for option, paths in _paths(sources).items():
        for path in filter(None, paths):
            given, to = Path(path).expanduser(), place(option, path)
            found.copies |= below(given, to) if given.is_dir() else {to: given}
            if is_inside(path):
                continue
            if len(paths) > 1:  # a word of the command line says it for all cells
                raise UserError(
                    f"{option}={path} is not below this folder, and other cells read something else: name it by a path "
                    "that is below (a link will do)"
                )
            found.words.append(f"{option}={override_text(to.removeprefix(f'{FOLDER}/'))}")
    return found


def place(option: str, path: str) -> str:
    """Where a bundle has what an option names."""
    if is_inside(path):
        return str(PurePosixPath(FOLDER, Path(os.path.normpath(path)).as_posix()))
    return str(PurePosixPath(FOLDER, ELSEWHERE, option.lstrip("-"), Path(path).expanduser().resolve().name))


def is_inside(path: str) -> bool:
    """Whether a path is below the folder that the command runs in, and says so."""
    normal = PurePosixPath(Path(os.path.normpath(path)).as_posix())
    return not (normal.is_absolute() or ".." in normal.parts or normal.parts[:1] in ((), ("~",)) or path[0] == "~")


def without(words: Sequence[str], options: Iterable[str]) -> list[str]:
    """The words but those that give one of these options a value."""
    names = set(options)
    return [word for word in words if word.lstrip("+").partition("=")[0] not in names]


def _paths(sources: Iterable[object]) -> dict[str, list[str | None]]:
    """By option, what the sources read from files of the user's; None: there is one that reads none by it."""
    found: dict[str, list[str | None]] = {}
    for source in sources:
        path = getattr(source, "path", None)
        if isinstance(source, DataConfig):
            given = {"data.path": None if source.source == "package" else path, "data.test_path": source.test_path}
        else:
            given = {"model.path": path}
        for option, value in given.items():
            paths = found.setdefault(option, [])
            paths += [value] if value not in paths else []
    return found
