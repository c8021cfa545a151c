"""Options by the names that they once had: refused by a message that gives the new one."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bench.errors import refuse

LAUNCHERS = {"pool": "hydra.launcher", "slurm": "hydra.launcher"}
"""Groups that are the launcher's own options now."""
_WORD = re.compile(rf"[+~]*((?:{'|'.join(LAUNCHERS)})(?:\.[^=]*)?)(?:=|$)")


def refuse_old_names(words: Iterable[str]) -> None:
    """Raise UserError, with all problems, where an override has an old name."""
    found = (_WORD.match(word) for word in words)
    refuse(said for match in found if match is not None and (said := renamed(match[1])) is not None)


def renamed(option: str) -> str | None:
    """What to say of an option that has another name now; None for any other one."""
    group, _, name = option.partition(".")
    if group not in LAUNCHERS:
        return None
    new = f"{LAUNCHERS[group]}.{name or 'NAME'}"
    other = "" if group == "pool" else f", with hydra/launcher={group}"
    return f"{option}: its name is {new} now{other}"


def renamed_in_file(key: str, value: Any) -> list[str]:
    """What to say of a key that a file brought into the configuration; nothing of one that has no other name now."""
    if key not in LAUNCHERS:
        return []
    names = [f"{key}.{name}" for name in value] if isinstance(value, Mapping) and value else [key]
    where = ' (in a file below "hydra: launcher:")'
    return [f"{said}{where}" for name in names if (said := renamed(name)) is not None]
