"""What a sweep would run on, for plans: nothing is opened, and nothing need be there."""

from dataclasses import dataclass
from typing import Literal

from bench.running.devices import Gpu, visible_gpus
from bench.running.provenance import device_name
from bench.settings import Settings
from bench.sweep.slots import asked_devices, choose


@dataclass(frozen=True, slots=True)
class SlurmTasks:
    """The array tasks of a sweep on a cluster."""

    count: int
    at_once: int
    """As `slurm.max_running` says; all of them where it leaves that to the cluster."""
    workers: int
    """Cells at once in each."""
    gpus: int
    """GPUs of each task."""


@dataclass(frozen=True, slots=True)
class Workforce:
    """Devices and the workers on each."""

    device: Literal["cuda", "cpu"]
    gpus: tuple[Gpu, ...]
    """Visible ones that the sweep would use; none where it is planned elsewhere than it will run."""
    devices: int
    """GPUs, those that are asked for and not visible included; 1 on a CPU."""
    per_device: int
    """Workers."""
    tasks: SlurmTasks | None = None
    """Where a cluster runs the cells; `devices` are those of all tasks at once."""

    @property
    def workers(self) -> int:
        """Cells at once."""
        return self.devices * self.per_device if self.tasks is None else self.tasks.at_once * self.tasks.workers

    @property
    def name(self) -> str | None:
        """The device's name as records have it; None where it is not known."""
        if self.device == "cpu" and self.tasks is None:
            return device_name("cpu")
        return self.gpus[0].name if self.gpus else None


def workforce(settings: Settings, runner: str = "pool", cells: int = 1) -> Workforce:
    """What a sweep of so many `cells` would run on, by that launcher, if it were started here.

    That is one GPU where it needs one and none is visible.
    """
    if runner == "slurm":
        return _on_slurm(settings, cells)
    gpus = visible_gpus()
    if settings.device == "cpu" or (settings.device == "auto" and not gpus):
        return Workforce("cpu", (), 1, settings.pool.workers or 1)
    asked = asked_devices(settings)
    if asked and gpus:
        gpus = [gpu for _, gpu in choose(gpus, settings)]
    return Workforce("cuda", tuple(gpus), len(gpus) or len(asked) or 1, settings.pool.per_device)


def _on_slurm(settings: Settings, cells: int) -> Workforce:
    """Tasks, and in each the local pool on what Slurm gives it: what the nodes are is not known here."""
    slurm, pool, gpus = settings.slurm, settings.pool, settings.gpus_per_task
    count = max(1, -(-cells // slurm.cells_per_job))
    at_once = min(count, slurm.max_running or count)
    workers = min(slurm.cells_per_job, gpus * pool.per_device if gpus else pool.workers or 1)
    tasks = SlurmTasks(count, at_once, workers, gpus)
    if not gpus:
        return Workforce("cpu", (), at_once, workers, tasks)
    return Workforce("cuda", (), at_once * gpus, -(-workers // gpus), tasks)
