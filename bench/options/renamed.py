"""Options by the names that they once had: refused by a message that gives the new one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import refuse

NAMES = {"experiment_name": "name", "sweep_name": "name", "report_name": "name"}
"""Options that are looked for under other names, and what they are called."""
LAUNCHERS = {"pool": "hydra.launcher", "slurm": "hydra.launcher"}
"""Groups that are the launcher's own options now."""
_WORD = re.compile(rf"[+~]*((?:{'|'.join(LAUNCHERS)})(?:\.[^=]*)?)(?:=|$)")
_EXPERIMENT = re.compile(r"experiment=(.*)", re.DOTALL)
"""Hydra's word for one file of `conf/experiment/` has a + before it."""

_DOTTED = re.compile(r"[+~]*hydra\.launcher=([\w-]+)")
"""A launcher is a file of a group, which has a stroke before it; a dot is before its options."""


def refuse_old_names(words: Sequence[str]) -> None:
    """Raise UserError, with all problems, where an override has an old name, or another sign than its own."""
    found = (_WORD.match(word) for word in words)
    said = [text for match in found if match is not None and (text := renamed(match[1])) is not None]
    said += [_experiment(match[1]) for word in words if (match := _EXPERIMENT.match(word)) is not None]
    dotted = [match for word in words if (match := _DOTTED.fullmatch(word)) is not None]
    refuse([*said, *(f"{match[0]}: it is written hydra/launcher={match[1]}" for match in dotted)])


def _experiment(value: str) -> str:
    return (
        f"experiment={value}: with a + it is the experiment of that file, +experiment={value}; name={value} names a "
        "sweep and its report"
    )


def renamed(option: str) -> str | None:
    """What to say of an option that has another name now; None for any other one."""
    if option in NAMES:
        return f"{option}: it is called {NAMES[option]} ({NAMES[option]}=tickets)"
    group, _, name = option.partition(".")
    if group not in LAUNCHERS:
        return None
    from bench.sweep.runners import RUNNERS, names_of, no_such_option  # what other commands need not know

    runner = RUNNERS[group]
    if name and name.partition(".")[0] not in names_of(runner):
        return f"{option}: {no_such_option(runner, name)}"
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
