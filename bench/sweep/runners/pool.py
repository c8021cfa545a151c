"""The runner `pool`: worker processes on this machine."""

from collections.abc import Mapping, Sequence

from bench.cell import Cell
from bench.results.store import Stamp
from bench.running.devices import visible_gpus
from bench.running.gpu_probe import check_usable
from bench.running.no_gpu import say_why_not
from bench.running.preflight import check_device
from bench.settings import Settings
from bench.sweep.bars import Bars, no_bar
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.runners.base import Runner
from bench.sweep.slots import PoolOptions, choose, slots
from bench.sweep.workforce import Workforce


class Pool(Runner):
    """One warm worker process a device, or several."""

    name = "pool"
    schema = PoolOptions
    options: PoolOptions

    def check(self, cells: Sequence[Cell], settings: Settings) -> None:
        """Raise UserError where a device that cells need, or that is named, is not there."""
        check_device(cells, settings)
        slots(self.options, settings)

    def workforce(self, settings: Settings, cells: int) -> Workforce:
        """The devices here; one GPU where the sweep needs one and none is visible."""
        gpus, asked = visible_gpus(), self.options.asked_devices
        if settings.device == "cpu" or (settings.device == "auto" and not gpus):
            return Workforce("cpu", (), 1, self.options.workers or 1)
        if asked and gpus:
            gpus = [gpu for _, gpu in choose(gpus, self.options)]
        return Workforce("cuda", tuple(gpus), len(gpus) or len(asked) or 1, self.options.per_device)

    def run(
        self,
        cells: Sequence[Cell],
        settings: Settings,
        progress: Progress,
        stamps: Mapping[str, Stamp | None],
        *,
        bars: Bars = no_bar,
    ) -> None:
        """Run the cells in worker processes; see `Runner.run`."""
        say_why_not(cells, settings)
        place = self.workforce(settings, len(cells))
        if place.device == "cuda":
            check_usable(place.gpus, cells)
        run_pool(cells, settings, progress, stamps, self.options, bars=bars)

    def without_effect(self, option: str, settings: Settings) -> str | None:
        """What is for the other kind of device, or for processes that stay."""
        on_cpu = self.workforce(settings, 1).device == "cpu"
        if option == "hydra.launcher.devices" and on_cpu:
            return "cells run on the CPU here"
        return self.options.without_effect(option, on_cpu=on_cpu)
