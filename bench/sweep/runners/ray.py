"""The runner `ray`: the pool's workers, as actors on a Ray cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.cell import Cell
from bench.errors import UserError
from bench.escape.characters import visible_line
from bench.extras import how_to_install, is_here
from bench.results.store import Stamp
from bench.running.devices import visible_gpus
from bench.running.preflight import check_device
from bench.settings import Settings
from bench.sweep.bars import Bars, no_bar
from bench.sweep.pool import run_workers
from bench.sweep.progress import Progress
from bench.sweep.ray.options import RayOptions
from bench.sweep.runners.base import Runner
from bench.sweep.workforce import Workforce
from bench.wording import counted


@dataclass(frozen=True, slots=True)
class ClusterWorkforce(Workforce):
    """Nodes that nobody has asked yet."""

    address: str

    @property
    def is_here(self) -> bool:
        """They are elsewhere."""
        return False

    def described(self) -> str:
        """What is known of them."""
        each = "a GPU of each node" if self.device == "cuda" else "each node's CPU"
        workers = f"up to {self.workers} at once" if self.devices > 1 else "planned for one node with one device"
        where = visible_line(self.address)
        return f"On Ray ({where}): {counted(self.per_device, 'worker')} on {each}, {workers}."


class Ray(Runner):
    """One actor a GPU, or several, or so many on each node's CPU."""

    name = "ray"
    schema = RayOptions
    options: RayOptions

    def check(self, cells: Sequence[Cell], settings: Settings) -> None:
        """Raise UserError where Ray is not installed, or a device that cells need is not on this machine alone."""
        if not is_here("ray"):
            raise UserError(f"hydra/launcher=ray needs a package that is not installed: {how_to_install('ray')}")
        address = self.options.address
        if address is not None and address.startswith("ray://"):
            raise UserError(
                f"hydra.launcher.address={address}: a sweep runs on a node of the cluster, not through Ray's client: "
                "start it there with hydra.launcher.address=auto (ray job submit -- bench sweep ...)"
            )
        if address is None:
            check_device(cells, settings)

    def workforce(self, settings: Settings, cells: int) -> Workforce:
        """This machine, or nodes that are asked only when cells are run."""
        options, gpus = self.options, visible_gpus()
        if options.address is not None:
            on_cpu = settings.device == "cpu"
            each = (options.workers or 1) if on_cpu else options.per_device
            devices = -(-min(options.max_workers or each, cells) // each)
            return ClusterWorkforce("cpu" if on_cpu else "cuda", (), max(1, devices), each, options.address)
        if settings.device == "cpu" or (settings.device == "auto" and not gpus):
            return Workforce("cpu", (), 1, min(options.workers or 1, options.max_workers or cells))
        return Workforce("cuda", tuple(gpus), len(gpus) or 1, options.per_device)

    def run(
        self,
        cells: Sequence[Cell],
        settings: Settings,
        progress: Progress,
        stamps: Mapping[str, Stamp | None],
        *,
        bars: Bars = no_bar,
    ) -> None:
        """Run the cells by actors; see `Runner.run`."""
        from bench.sweep.ray.cluster import joined
        from bench.sweep.ray.workers import RayWorkers

        with joined(self.options):
            workers = RayWorkers(self.options, settings, len(cells))
            run_workers(cells, settings, progress, stamps, workers, bars=bars, launcher="ray")

    def without_effect(self, option: str, settings: Settings) -> str | None:
        """What is for the other kind of device, or for processes that stay."""
        return self.options.without_effect(option, on_cpu=self.workforce(settings, 1).device == "cpu")
