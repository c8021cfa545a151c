"""The schema of where and how cells are run: nothing here may change a result, or is part of a cell's identity."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from bench.bounds import NUMBER, Few, Minutes, NonNegativeFloat, Positive, Workers
from bench.config import FORBID
from bench.config.names import Experiment, FilePath, FolderPath, Name, ReadFrom, Shard
from bench.report.options import ReportSettings
from bench.tracking.names import Trackers

MaxCells = Annotated[
    Annotated[Workers, Tag(NUMBER)] | Annotated[Literal["auto"], Tag("auto")],
    Discriminator(lambda value: "auto" if value == "auto" else NUMBER),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedConfig:
    """Cells in lockstep, stacked through one frozen model (`engine=fused`)."""

    max_cells: MaxCells = "auto"
    """In one stack, at most; `auto`: as many as a GPU's memory holds, and 8 on a CPU (`bench.sweep.stacks`)."""
    compile: Literal["none", "blocks"] = "none"
    """`blocks`: torch.compile around the transformer blocks, for training (`bench.methods.fused.blocks`)."""

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
    """The experiment's own name, in its file: on the command line `+experiment=...` chooses the file."""
    name: Experiment | None = None
    """What the sweep and its report are called; null: as the experiment is."""
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
    tracker: Trackers = ()
    """The trackers among them: `none`, one, or a list."""
    more_results: tuple[ReadFrom, ...] = ()
    """Further folders of records, here or on a bucket, which a report takes in where `results_dir` has a cell not
    finished."""
    serving: tuple[FilePath, ...] = ()
    """Folders of kept models that `bench serve --measure` has measured: a report shows them beside those of the cells'
    own folders and models/NAME."""
    shard: Shard | None = None
    """The part of the grid that this machine runs (`bench.sweep.shard`); null: all of it."""
    redraw: bool = False
    """Draw the report even where nothing that it is made of has changed since the last time."""
    feature_cache_gb: NonNegativeFloat = 5.0
    """Room in the cache folder for what frozen trunks make of texts (`bench.features`); 0: nothing is kept there."""
    engine: Literal["single", "fused"] = "single"
    """`fused`: cells of a sweep that can be (`bench.methods.fused.groups`) are trained several at once."""
    fused: FusedConfig = field(default_factory=FusedConfig)

    __pydantic_config__ = FORBID

    @property
    def all_observers(self) -> tuple[str, ...]:
        """The names of the observers, trackers last, each once."""
        return tuple(dict.fromkeys((*self.observers, *self.tracker)))

    @property
    def title(self) -> str:
        """What the sweep and its report are called."""
        return self.name or self.experiment
