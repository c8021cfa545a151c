"""The sweep that is asked about, composed as `python -m bench -m` composes it, and not run."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from unittest import mock

from bench.cell import Cell
from bench.compose import to_settings
from bench.config import TransformerConfig
from bench.errors import UserError
from bench.options.refusal import COMPOSING, REFUSED, refusal
from bench.running.gpu_probe import tried
from bench.settings import Settings
from bench.sources.reach import why_unreachable
from bench.sweep.index import Index
from bench.sweep.missing import is_wanted
from bench.sweep.runners.base import Runner
from bench.sweep.runners.pool import Pool
from bench.sweep.workforce import Workforce


@dataclass(frozen=True)  # no slots: what is found out lasts as long as the object
class Sweep:
    """An experiment's cells, and what several checks want to know."""

    experiment: str
    """The file of `conf/experiment/`."""
    settings: Settings = field(default_factory=Settings)
    runner: Runner = field(default_factory=Pool)
    cells: tuple[Cell, ...] = ()
    todo: tuple[Cell, ...] = ()
    """Those that a sweep would run."""
    refused: str | None = None
    """Why it can't be composed, or not as asked; all that could not be read is as by default."""

    @cached_property
    def place(self) -> Workforce:
        """What it would run on; by default options where those that are given name what is not there."""
        cells = max(1, len(self.todo))
        try:
            return self.runner.workforce(self.settings, cells)
        except UserError:  # the runner's own check says it
            return Pool().workforce(self.settings, cells)

    @property
    def runs_here(self) -> bool:
        """Whether cells would run on this machine."""
        return bool(self.todo) and self.place.is_here

    @property
    def transformers(self) -> tuple[Cell, ...]:
        """Cells to run of models that torch computes."""
        return tuple(cell for cell in self.todo if isinstance(cell.model, TransformerConfig))

    @property
    def four_bit(self) -> tuple[Cell, ...]:
        """Those with weights in 4 bits."""
        return tuple(cell for cell in self.transformers if cell.method is not None and cell.method.quantization)

    @cached_property
    def unreachable(self) -> str | None:
        """Why the hub does not answer; asked once."""
        return why_unreachable()

    @cached_property
    def probed(self) -> dict[str, str | None]:
        """What goes wrong with products, 4-bit ones too, on a GPU of each kind (by name), or on the CPU (`CPU`)."""
        if self.place.device == "cpu" or not self.place.gpus:
            return {"CPU": tried("", ["--cpu", "--four-bit"])}
        kinds = {gpu.name: gpu.uuid for gpu in self.place.gpus}
        return {name: tried(uuid, ["--four-bit"]) for name, uuid in kinds.items()}


def composed(experiment: str, words: Sequence[str] = (), config_dir: str | None = None) -> Sweep:
    """The sweep of `+experiment=...` with Hydra overrides; what is wrong with it is in `refused`."""
    from bench.__main__ import run
    from bench.options.overrides import check_given
    from bench.sweep.launch import read
    from bench.sweep.runners.given import check_effect
    from bench.sweep.sweep_handler import handled_by

    found = Sweep(experiment)

    def take(
        configs: Sequence[dict[str, Any]],
        runner: Runner,
        overrides: Sequence[Sequence[str]] = (),
        given: Sequence[str] = (),
    ) -> int:
        nonlocal found
        found = replace(found, runner=runner, settings=to_settings(configs[0]))
        points, cells, settings = read(configs)
        with Index(settings.results_dir) as index:
            todo = tuple(cell for cell in cells if is_wanted(cell, settings, index))
        found = replace(found, cells=tuple(cells), todo=todo)
        check_given(given, points)
        check_effect(given, runner, settings)
        return 0

    own = [] if config_dir is None else [f"--config-dir={config_dir}"]
    with mock.patch.object(sys, "argv", ["bench", "-m", *own, f"+experiment={experiment}", *words]), handled_by(take):
        try:
            run()
        except SystemExit:
            pass  # the end of every sweep
        except REFUSED as error:
            return replace(found, refused=refusal(error))
        except Exception as error:
            if not COMPOSING.now:
                raise
            return replace(found, refused=refusal(error))
    return found
