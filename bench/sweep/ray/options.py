"""What a sweep asks of Ray (`hydra.launcher.*` with `hydra/launcher=ray`)."""

from dataclasses import dataclass

from bench.bounds import Positive
from bench.config import FORBID
from bench.config.names import Text
from bench.sweep.slots import WorkerOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class RayOptions(WorkerOptions):
    """Actors on a Ray cluster; those of `WorkerOptions` hold on each of its nodes."""

    address: Text | None = None
    """Of a cluster that runs (`auto`: the one that this machine is part of); null: one of this machine alone, for as
    long as the sweep."""
    max_workers: Positive | None = None
    """On all nodes; null: as many as there is room for."""

    __pydantic_config__ = FORBID
