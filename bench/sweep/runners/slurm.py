"""The runner `slurm`: jobs on a cluster."""

from collections.abc import Mapping, Sequence

from bench.cell import Cell
from bench.results.store import Stamp
from bench.settings import Settings
from bench.sweep.bars import Bars, no_bar
from bench.sweep.progress import Progress
from bench.sweep.runners.base import Runner
from bench.sweep.slurm.options import SlurmOptions
from bench.sweep.slurm.run import run_slurm
from bench.sweep.slurm.submission import check_slurm
from bench.sweep.slurm.workforce import SlurmWorkforce, slurm_workforce

OF_SEVERAL_CELLS = (
    *(f"hydra.launcher.{name}" for name in ("per_device", "workers", "cells_per_worker", "isolate")),
    "engine",
    "fused.max_cells",
    "fused.compile",
)
"""Options that say how several cells of an array task share what it has."""


class Slurm(Runner):
    """Array tasks, each of which runs one cell or a few, by a local pool on what Slurm gave it."""

    name = "slurm"
    schema = SlurmOptions
    options: SlurmOptions

    def check(self, cells: Sequence[Cell], settings: Settings) -> None:
        """Raise UserError where no job can be submitted from here, or not as asked; the GPUs are elsewhere."""
        check_slurm(self.options, settings)

    def workforce(self, settings: Settings, cells: int) -> SlurmWorkforce:
        """The array tasks of so many cells: what the nodes are is not known here."""
        return slurm_workforce(self.options, settings, cells)

    def run(
        self,
        cells: Sequence[Cell],
        settings: Settings,
        progress: Progress,
        stamps: Mapping[str, Stamp | None],
        *,
        bars: Bars = no_bar,
    ) -> None:
        """Submit the cells and follow the jobs; see `Runner.run` and `run_slurm`."""
        run_slurm(cells, settings, progress, stamps, self.options)

    def without_effect(self, option: str, settings: Settings) -> str | None:
        """What is for several cells in a task, where each has one, or for the other kind of device."""
        reason = self.options.without_effect(option, on_cpu=not self.options.gpus(settings))
        each = self.options.cells_per_job
        alone = each == 1 or (each == "auto" and self.options.max_running is None)
        if reason is None and option in OF_SEVERAL_CELLS and alone:
            return f"hydra.launcher.cells_per_job={each} gives each array task one cell"
        return reason
