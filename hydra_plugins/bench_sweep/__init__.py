"""The project's sweeper (`grid`) and its launcher, where Hydra looks for them.

The work is in `bench.sweep`; who runs the cells is a runner (`bench.sweep.runners`), which the files in
`conf/hydra/launcher/` name. Hydra imports this at each start: nothing heavy here.
"""

import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.bench_sweep.repository import SharedRepository


@dataclass
class GridSweeperConfig:
    """Axes crossed by every point, and rows that are grids of their own (`bench.sweep.grid.expand`)."""

    _target_: str = "hydra_plugins.bench_sweep.GridSweeper"
    params: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)


class GridSweeper(Sweeper):
    """Expands the grid and hands all its points to the launcher at once, each composed only there."""

    def __init__(self, params: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        self.params = [f"{key}={value}" for key, value in params.items()]
        self.rows = [[f"{key}={value}" for key, value in row.items()] for row in rows]

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra."""
        from hydra.core.plugins import Plugins

        self.parser = OverridesParser.create(config_loader=hydra_context.config_loader)
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Sequence[JobReturn]:
        """Called by Hydra with the command line's overrides."""
        from bench.options.swept import as_given
        from bench.sweep.grid import check_count, check_keys, expand, without_signs

        check_keys([*self.params, *itertools.chain.from_iterable(self.rows)])
        axes, rows = self._choices(self.params), [self._choices(row) for row in self.rows]
        given = without_signs(self._choices(arguments), [axes, *rows])
        if isinstance(self.launcher, SweepLauncher):
            self.launcher.given += list(map(as_given, self.parser.parse_overrides(arguments)))
        check_count(axes, rows, given)
        points = expand(axes, rows, given)
        return self.launcher.launch([[f"{k}={v}" for k, v in point.items()] for point in points], 0)

    def _choices(self, overrides: list[str]) -> dict[str, list[str]]:
        """Overrides as values by key; a list as a choice of its items when written with commas, as in Hydra."""
        from bench.sweep.grid import MAX_POINTS

        choices: dict[str, list[str]] = {}
        for override in self.parser.parse_overrides(overrides):
            key = override.get_key_element()
            if override.is_sweep_override():
                values = itertools.islice(override.sweep_string_iterator(), MAX_POINTS + 1)
                choices[key] = [str(value) for value in values]
            else:
                choices[key] = [override.get_value_element_as_str()]
        return choices


class SweepLauncher(Launcher):
    """Composes the points and gives them, with the runner that was asked for, to `bench.sweep.launch`."""

    def __init__(self, runner: str, **_: Any) -> None:
        self.runner = runner
        self.given: list[str] = []
        """The command line's overrides."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra."""
        self.loader, self.config = hydra_context.config_loader, config
        self.given += config.hydra.overrides.hydra
        if isinstance(self.loader, ConfigLoaderImpl):
            self.loader.repository = SharedRepository(self.loader.repository)
        self.parser = OverridesParser.create(config_loader=hydra_context.config_loader)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run (or report) all points; ends the program with the sweep's exit code."""
        from bench.options.refusal import COMPOSING
        from bench.running.garbage import gc_enabled
        from bench.sweep.grid import compose_points
        from bench.sweep.runners import runner_of
        from bench.sweep.sweep_handler import sweep_handler

        runner = runner_of(self.runner, self._options())
        configs = compose_points(
            job_overrides,
            compose=self._compose,
            is_group=lambda key: self.loader.get_group_options(key) != [],
            parse=lambda text: self.parser.parse_override(text).value(),
        )
        finished = _finished(configs)
        COMPOSING.end()
        with gc_enabled():  # `bench.__main__` has put collections off
            sys.exit(sweep_handler()(finished, runner, job_overrides, self.given))

    def _options(self) -> dict[str, Any]:
        """The runner's, as they were composed. Raises MissingMandatoryValue."""
        content = OmegaConf.to_container(self.config.hydra.launcher, resolve=True, throw_on_missing=True)
        assert isinstance(content, dict)
        return {str(name): value for name, value in content.items() if name not in ("_target_", "runner")}

    def _compose(self, overrides: Sequence[str]) -> dict[str, Any]:
        from bench.options.open import with_plus

        composed = self.loader.load_sweep_config(self.config, list(map(with_plus, overrides)))
        composed = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
        content = OmegaConf.to_container(composed)  # with `???` and `${...}`, which a point's values may change
        assert isinstance(content, dict)
        return {str(key): value for key, value in content.items()}


def _finished(configs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points' configurations with interpolations resolved. Raises MissingMandatoryValue."""
    known: dict[int, bool] = {}  # by the object itself, for points share most of what they are made of

    def is_open(value: Any) -> bool:
        if id(value) not in known:
            known[id(value)] = _is_open(value)
        return known[id(value)]

    return [_resolved(config) if any(map(is_open, config.values())) else config for config in configs]


def _resolved(config: dict[str, Any]) -> dict[str, Any]:
    content = OmegaConf.to_container(OmegaConf.create(config), resolve=True, throw_on_missing=True)
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


def _is_open(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_open, value.values()))
    if isinstance(value, list):
        return any(map(_is_open, value))
    return isinstance(value, str) and (value == "???" or "${" in value)


ConfigStore.instance().store(group="hydra/sweeper", name="grid", node=GridSweeperConfig, provider="bench")
