"""What a sweep asks of Slurm (`hydra.launcher.*` with `hydra/launcher=slurm`)."""

import math
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Tag

from bench.bounds import NUMBER, Amount, Few, PollSeconds, Positive, Seconds, SignalSeconds, WholeMinutes
from bench.config import FORBID
from bench.config.names import Text
from bench.settings import Settings
from bench.sweep.slots import PoolOptions, WorkerOptions


def _sbatch_value(value: Any) -> Any:
    if isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("an option of sbatch is a text, a number, true or false")


SbatchValue = Annotated[str | int | float | bool, BeforeValidator(_sbatch_value)]


CellsPerJob = Annotated[
    Annotated[Positive, Tag(NUMBER)] | Annotated[Literal["auto"], Tag("auto")],
    Discriminator(lambda value: "auto" if value == "auto" else NUMBER),
]

MOST_CELLS = 8
"""Of an array task, by `auto`: a task that is lost takes so many cells back into the queue."""
ROUNDS = 4
"""Array tasks one after the other in each place that `max_running` gives, by `auto`: tasks differ in length, and with
fewer rounds a long one would leave the other places empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmOptions(WorkerOptions):
    """Jobs on a cluster; those of `WorkerOptions` hold in each array task, on what Slurm gave it."""

    cells_per_job: CellsPerJob = "auto"
    """Cells that an array task runs one after the other, warm; `auto` as in `cells_of_a_task`."""
    partition: Text | None = None
    """Slurm's partition; null: its default."""
    time_minutes: WholeMinutes = 240
    """Time limit of an array task."""
    memory_gb: Amount | None = None
    """Of an array task; null for the cluster's default."""
    gpus_per_task: Few = 1
    """GPUs of a task."""
    cpus_per_task: Positive = 4
    """Cores of a task."""
    max_running: Positive | None = None
    """Array tasks that may run at once; null: as many as the cluster lets."""
    options: dict[str, SbatchValue] = field(default_factory=dict)
    """Further options of sbatch by their long names: account, qos, constraint, ..."""
    max_requeues: Few = 3
    """How often a cell that lost its job to the time limit, a pre-emption or a failed node is submitted again."""
    signal_seconds: SignalSeconds = 60
    """So long before its time limit an array task is told (SIGUSR2), and stops."""
    poll_seconds: PollSeconds = 10
    """How often the sweep looks at queue and records."""
    grace_seconds: Seconds = 30
    """A job that is out of the queue so long and has left no record is lost: shared file systems show files late."""
    silence_seconds: Seconds = 300
    """A running job that gives no sign of life for so long is cancelled, and lost: Slurm may never notice."""
    cancel_on_interrupt: bool = False
    """Ctrl-C cancels the jobs; else they go on."""

    __pydantic_config__ = FORBID

    def cells_of_a_task(self, cells: int) -> int:
        """Of an array task, where so many cells are to be run.

        With `auto` one, where the cluster may run all at once. Where `max_running` lets fewer run, cells wait for each
        other anyway: then some share a task, which spares each but the first its start and the loading of its model.
        """
        if self.cells_per_job != "auto":
            return self.cells_per_job
        if self.max_running is None:
            return 1
        return min(MOST_CELLS, max(1, cells // (ROUNDS * self.max_running)))

    def gpus(self, settings: Settings) -> int:
        """GPUs that an array task asks for: none where cells run on the CPU."""
        return 0 if settings.device == "cpu" else self.gpus_per_task

    def in_a_task(self) -> PoolOptions:
        """The options of the local pool in an array task, which uses all GPUs that Slurm left visible there."""
        return PoolOptions(**{each.name: getattr(self, each.name) for each in fields(WorkerOptions)})
