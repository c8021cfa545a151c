"""The schema of where and how cells are run: nothing here may change a result, or is part of a cell's identity."""

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from bench.bounds import (
    Amount,
    Few,
    Minutes,
    NonNegativeFloat,
    PollSeconds,
    Positive,
    Seconds,
    SignalSeconds,
    WholeMinutes,
    Workers,
)
from bench.config import FORBID
from bench.config.names import Experiment, FilePath, FolderPath, Name, Text
from bench.report.options import ReportSettings

MOST_GPUS = 1000
"""On one machine."""


def _devices(value: Any) -> Any:
    if value is None:
        return None
    for each in value if isinstance(value, list | tuple) else [value]:
        if not (isinstance(each, str) or (type(each) is int and 0 <= each <= MOST_GPUS)):
            raise ValueError(f"a GPU is given by its number (0 to {MOST_GPUS}) or its UUID")
    return value


def _sbatch_value(value: Any) -> Any:
    if isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("an option of sbatch is a text, a number, true or false")


Devices = Annotated[tuple[int | str, ...] | int | str | None, BeforeValidator(_devices)]
SbatchValue = Annotated[str | int | float | bool, BeforeValidator(_sbatch_value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """The local pool: worker processes and what each may see."""

    devices: Devices = None
    """Numbers (among the visible ones) or UUIDs of the GPUs to use; null for all visible ones."""
    per_device: Workers = 1
    """Workers that share a GPU: more than one pays for small models."""
    workers: Workers | None = None
    """Workers on the CPU, which share its cores; null for one."""
    cells_per_worker: Positive | None = None
    """A worker process is replaced after so many cells; null: only after a failure."""
    isolate: bool = False
    """A fresh process for every cell."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmConfig:
    """Jobs on a cluster: one array task runs one cell or a few, with the local pool on what Slurm gave it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedConfig:
    """Cells in lockstep, stacked through one frozen model (`engine=fused`)."""

    max_cells: Workers = 8
    """In one stack, at most."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryConfig:
    """How often a cell that ended so is tried again in the same sweep, in a fresh process."""

    crashed: Few = 0

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ReportSettings):
    """Where and how cells are run. Nothing here may change a result."""

    command: Literal["run", "report", "plan", "status"] = "run"
    experiment: Experiment = "single"
    results_dir: FolderPath = "results"
    reports_dir: FolderPath = "reports"
    cache_dir: FilePath | None = None
    mirror_dir: FilePath | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    overwrite: Literal["missing", "failed", "always"] = "failed"
    save_model: bool = False
    """Keep the fitted model in the cell's folder."""
    save_texts: bool = True
    """Keep the texts of test examples beside the records, once for each test set: a report shows mistakes."""
    timeout_minutes: Minutes | None = None
    """A cell that takes longer is ended, and its status is `timeout`."""
    max_failures: Positive | None = None
    """A sweep in which so many cells failed starts no further ones."""
    retry: RetryConfig = field(default_factory=RetryConfig)
    observers: tuple[Name, ...] = ()
    """Who is told of steps and records: names of modules (`bench.running.observers`)."""
    more_results: tuple[FolderPath, ...] = ()
    """Further folders of records, which a report takes in where `results_dir` has a cell not finished."""
    redraw: bool = False
    """Draw the report even where nothing that it is made of has changed since the last time."""
    feature_cache_gb: NonNegativeFloat = 5.0
    """Room in the cache folder for what frozen trunks make of texts (`bench.features`); 0: nothing is kept there."""
    pool: PoolConfig = field(default_factory=PoolConfig)
    engine: Literal["single", "fused"] = "single"
    """`fused`: cells of a sweep that can be (`bench.methods.fused.groups`) are trained several at once."""
    fused: FusedConfig = field(default_factory=FusedConfig)
    slurm: SlurmConfig = field(default_factory=SlurmConfig)

    __pydantic_config__ = FORBID

    @property
    def gpus_per_task(self) -> int:
        """GPUs that an array task asks Slurm for: none where cells run on the CPU."""
        return 0 if self.device == "cpu" else self.slurm.gpus_per_task
