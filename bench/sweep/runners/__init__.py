"""Who runs a sweep's cells, by the name of the Hydra launcher: a runner is one object (`base.Runner`)."""

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from bench.errors import UserError, refuse
from bench.options.validation import validated
from bench.sweep.runners.base import Runner
from bench.sweep.runners.pool import Pool
from bench.sweep.runners.ray import Ray
from bench.sweep.runners.slurm import Slurm

RUNNERS: dict[str, type[Runner]] = {runner.name: runner for runner in (Pool, Slurm, Ray)}
"""A runner's line in this table, its own file, and one in `conf/hydra/launcher/` are all that it takes."""
PREFIX = ("hydra", "launcher")
"""Where options of a runner stand in the configuration."""


def runner_of(name: str, options: Mapping[str, Any]) -> Runner:
    """The runner with its options, as they were composed. Raises UserError, with all that is wrong with them."""
    runner = RUNNERS.get(name)
    if runner is None:
        raise UserError(f"hydra.launcher.runner={name}: there is no such runner; there are {', '.join(RUNNERS)}")
    refuse(no_such_option(runner, option) for option in options if option not in names_of(runner))
    return runner(validated(TypeAdapter(runner.schema), dict(options), PREFIX))


def names_of(runner: type[Runner]) -> list[str]:
    """The names of its options."""
    return [each.name for each in fields(runner.schema)]


def no_such_option(runner: type[Runner], option: str) -> str:
    """What to say of an option that the runner has not."""
    word, own, name = f"hydra.launcher.{option}", names_of(runner), runner.name
    others = [other.name for other in RUNNERS.values() if option in names_of(other)]
    if others:
        return f"{word}: hydra/launcher={name} has no such option, hydra/launcher={' and '.join(others)} has"
    close = difflib.get_close_matches(option, own, cutoff=0.7) or [each for each in own if option in each.split("_")]
    alike = [f"hydra.launcher.{each}" for each in close]
    meant = f"; did you mean {' or '.join(alike)}?" if alike else ""
    return f"{word}: there is no such option{meant}\nthere are with hydra/launcher={name}: {', '.join(own)}"
