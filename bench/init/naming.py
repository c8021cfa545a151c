"""What `bench init` is told by names: of a source, of what is written, of options. Imports nothing heavy."""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePath

from bench.errors import UserError
from bench.escape.characters import shortened
from bench.options.folder import CONF

NAME = re.compile(r"[\w-][\w.-]*", re.ASCII)
NO_NAMES = re.compile(r"[\d_.+-]*|[\d_.]+e[\d_]+|null|true|false|yes|no|on|off|y|n|nan|inf|infinity", re.IGNORECASE)
"""What Hydra or YAML take for a number, for nothing or for yes and no."""
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
FILE_ENDING = re.compile(r"\.[A-Za-z]\w*$")
MAX_NAME = 80
WRITTEN = "Written by `bench init`"
"""Stands at the beginning of its files."""
READING = ("encoding", "delimiter", "quoting", "config", "revision", "text_part")
"""Options of the data's YAML that say how a source is read."""


def name_of(given: str | None, where: str) -> str:
    """The name that somebody gave, or that the file or folder has, in plain letters. Raises UserError."""
    if given is not None:
        if not NAME.fullmatch(given) or NO_NAMES.fullmatch(given) or len(given) > MAX_NAME:
            raise UserError(
                f"--name {shortened(given, MAX_NAME)!r}: up to {MAX_NAME} letters, digits and ._- make a name, which "
                "reads as no number and as no word of YAML (yes, null)"
            )
        return given
    stem = PurePath(where.rstrip("/")).name.removesuffix(".gz")
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", PurePath(stem).stem).strip("_-").lower()[:MAX_NAME].strip("_-")
    if not plain:
        return "mine"
    if NO_NAMES.fullmatch(plain):
        return f"data_{plain}"
    return f"my_{plain}" if is_taken(plain) else plain


def is_taken(name: str) -> bool:
    """Whether the program itself has a data set or an experiment of this name."""
    paths = [CONF / group / f"{name}.yaml" for group in ("data", "experiment")]
    return any(path.is_file() and WRITTEN not in path.read_text(encoding="utf-8")[:200] for path in paths)


def reading_options(words: Sequence[str]) -> dict[str, str]:
    """Options by name, of words such as `data.encoding=cp1252`. Raises UserError, naming all that are none."""
    found = {}
    unknown = []
    for word in words:
        option, sign, value = word.partition("=")
        name = option.removeprefix("data.")
        if not sign or name == option or name not in READING:
            unknown.append(shortened(word, 60))
        found[name] = value
    if unknown:
        raise UserError(
            f"{', '.join(unknown)}: {', '.join(f'data.{name}=...' for name in READING)} say how a source is read; "
            "other options are lines of the files that are written"
        )
    return found


def refuse_existing(name: str, paths: Sequence[Path], *, overwrite: bool) -> None:
    """Raise UserError where one of the files is there already, or where the program has one of its own by that name."""
    if is_taken(name):
        raise UserError(f"{name!r} is the name of a data set that comes with the program: --name gives another")
    there = [str(path) for path in paths if path.exists()]
    if there and not overwrite:
        raise UserError(f"{' and '.join(there)}: there already; --overwrite writes it anew, --name gives another name")


def is_hub_id(where: str) -> bool:
    """Whether this is a data set of the hub, for want of such a file."""
    is_there = os.path.exists(os.path.expanduser(where))
    return not is_there and HUB_ID.fullmatch(where) is not None and FILE_ENDING.search(where) is None


def refuse_missing(where: str) -> None:
    """Raise UserError where there is nothing to look at: said before anything heavy is imported."""
    try:
        if not is_hub_id(where):
            Path(where).expanduser().stat()
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{where} cannot be read: {getattr(error, 'strerror', None) or error}") from error
