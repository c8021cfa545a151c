"""A sweep as its words compose it, for programs that look at it and do not run it."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

from bench.errors import UserError
from bench.options.refusal import COMPOSING, REFUSED, refusal
from bench.sweep.runners.base import Runner
from bench.sweep.sweep_handler import handled_by


@dataclass(frozen=True, slots=True)
class Composed:
    """What `bench.sweep.launch.launch` would be given."""

    configs: Sequence[dict[str, Any]]
    runner: Runner
    overrides: Sequence[Sequence[str]]


def composed(words: Sequence[str]) -> Composed:
    """The sweep that `python -m bench -m` with these words composes. Raises what `REFUSED` names."""
    from bench.__main__ import run

    found: list[Composed] = []

    def take(
        configs: Sequence[dict[str, Any]],
        runner: Runner,
        overrides: Sequence[Sequence[str]] = (),
        given: Sequence[str] = (),
    ) -> int:
        del given
        found.append(Composed(configs, runner, overrides))
        return 0

    with mock.patch.object(sys, "argv", ["bench", "-m", *words]), handled_by(take):
        try:
            run()
        except SystemExit:
            pass  # the end of every sweep
        except REFUSED:
            raise
        except Exception as error:
            if not COMPOSING.now:
                raise
            raise UserError(refusal(error)) from error
    if not found:
        raise UserError("no cells were composed")
    (only,) = found
    return only


def with_experiment(words: Sequence[str], config_dir: str | None = None) -> list[str]:
    """The words of a sweep, of which a first one without `=` is an experiment; with its folder of own files, if any."""
    own = [] if config_dir is None else [f"--config-dir={config_dir}"]
    if words and "=" not in words[0]:
        return [*own, f"+experiment={words[0]}", *words[1:]]
    return [*own, *words]
