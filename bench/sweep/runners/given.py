"""What the command line asks of a runner changes something, or is refused."""

from collections.abc import Iterable
from typing import Any

from bench.errors import refuse
from bench.escape.literals import option_value
from bench.escape.secrets import masked_override
from bench.settings import Settings
from bench.sweep.runners.base import Runner

LAUNCHER = "hydra.launcher."


def check_effect(words: Iterable[str], runner: Runner, settings: Settings) -> None:
    """Raise UserError, with all problems, where an override in `words` changes nothing with this runner.

    What asks for the default asks for nothing.
    """
    problems = []
    for word in words:
        option = word.lstrip("+").partition("=")[0]
        value, default = _values(option, runner, settings)
        if value != default and (reason := runner.without_effect(option, settings)) is not None:
            said = masked_override(f"{option}={_written(value)}")
            problems.append(f"{said} has no effect, for {reason}: leave it out")
    refuse(problems)


def _values(option: str, runner: Runner, settings: Settings) -> tuple[Any, Any]:
    """What a dotted option of the runner or of the sweep is, and by default; twice None for others."""
    is_own = option.startswith(LAUNCHER)
    value, default = (runner.options, runner.schema()) if is_own else (settings, Settings())
    for name in option.removeprefix(LAUNCHER).split("."):
        value, default = getattr(value, name, None), getattr(default, name, None)
    return value, default


def _written(value: Any) -> str:
    """As on a command line."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return option_value(value)
