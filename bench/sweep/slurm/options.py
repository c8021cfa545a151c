"""What a sweep asks of Slurm (`hydra.launcher.*` with `hydra/launcher=slurm`)."""

import math
from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from pydantic import BeforeValidator

from bench.bounds import Amount, Few, PollSeconds, Positive, Seconds, SignalSeconds, WholeMinutes
from bench.config import FORBID
from bench.config.names import Text
from bench.settings import Settings
from bench.sweep.slots import PoolOptions, WorkerOptions


def _sbatch_value(value: Any) -> Any:
    if isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("an option of sbatch is a text, a number, true or false")


SbatchValue = Annotated[str | int | float | bool, BeforeValidator(_sbatch_value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmOptions(WorkerOptions):
    """Jobs on a cluster; those of `WorkerOptions` hold in each array task, on what Slurm gave it."""

    cells_per_job: Positive = 1
    """Cells that an array task runs one after the other, warm."""
    partition: Text | None = None
    time_minutes: WholeMinutes = 240
    """Time limit of an array task."""
    memory_gb: Amount | None = None
    """Of an array task; null for the cluster's default."""
    gpus_per_task: Few = 1
    cpus_per_task: Positive = 4
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

    def gpus(self, settings: Settings) -> int:
        """GPUs that an array task asks for: none where cells run on the CPU."""
        return 0 if settings.device == "cpu" else self.gpus_per_task

    def in_a_task(self) -> PoolOptions:
        """The options of the local pool in an array task, which uses all GPUs that Slurm left visible there."""
        return PoolOptions(**{each.name: getattr(self, each.name) for each in fields(WorkerOptions)})
