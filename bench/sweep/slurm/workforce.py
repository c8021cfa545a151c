"""The array tasks that a sweep would ask Slurm for, for plan and status."""

from dataclasses import dataclass

from bench.escape.characters import visible_line
from bench.settings import Settings
from bench.sweep.slurm.options import SlurmOptions
from bench.sweep.workforce import Workforce
from bench.wording import counted


@dataclass(frozen=True, slots=True)
class SlurmWorkforce(Workforce):
    """Array tasks, and the workers in each; `devices` are those of all tasks at once."""

    options: SlurmOptions
    tasks: int
    cells_of_task: int
    """At most; one after the other, or shared by its workers."""
    tasks_at_once: int
    """As `max_running` says; all of them where it leaves that to the cluster."""
    workers_of_task: int
    """Cells at once in each."""
    gpus_of_task: int

    @property
    def workers(self) -> int:
        """Cells at once."""
        return self.tasks_at_once * self.workers_of_task

    @property
    def is_here(self) -> bool:
        """They run on nodes of the cluster."""
        return False

    def described(self) -> str:
        """How many tasks, and what each has."""
        slurm = self.options
        where = "" if slurm.partition is None else f" (partition {visible_line(slurm.partition)})"
        limit = "as many as the cluster lets"
        if slurm.max_running is not None:
            limit = f"hydra.launcher.max_running={slurm.max_running}"
        at_once = f"{self.tasks_at_once:,} of {counted(self.tasks, 'task')} at once ({limit})"
        gpus = counted(self.gpus_of_task, "GPU") if self.gpus_of_task else "no GPU"
        cells = "" if self.cells_of_task == 1 else f" for {counted(self.cells_of_task, 'cell')}"
        return f"On Slurm{where}: {at_once}, each with {gpus} and {counted(slurm.cpus_per_task, 'CPU')}{cells}."

    def workers_left(self, running: int) -> int:
        """What runs now is only what the queue has let through so far."""
        return max(self.workers, running)

    def at_work(self, running: int) -> str:
        """Tasks, and the cells that they run now."""
        now = f"{counted(running, 'cell')} now" if running else "none now"
        return f"{counted(self.tasks_at_once, 'task')} of Slurm at once, {now}"


def slurm_workforce(options: SlurmOptions, settings: Settings, cells: int) -> SlurmWorkforce:
    """The tasks of so many cells, and in each the local pool on what Slurm gives it."""
    gpus = options.gpus(settings)
    of_task = options.cells_of_a_task(cells)
    count = max(1, -(-cells // of_task))
    at_once = min(count, options.max_running or count)
    workers = min(of_task, gpus * options.per_device if gpus else options.workers or 1)
    return SlurmWorkforce(
        device="cuda" if gpus else "cpu",
        gpus=(),
        devices=at_once * (gpus or 1),
        per_device=-(-workers // gpus) if gpus else workers,
        options=options,
        tasks=count,
        cells_of_task=of_task,
        tasks_at_once=at_once,
        workers_of_task=workers,
        gpus_of_task=gpus,
    )
