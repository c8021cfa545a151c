"""What a worker process and its sweep tell each other; plain values, pickled through a pipe."""

from dataclasses import dataclass

from bench.cell import Cell
from bench.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """One cell to run."""

    cell: Cell
    settings: Settings
    halved: bool = False
    """With half the batch: it ran out of memory before."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far the worker's cell is."""

    step: int
    max_steps: int
    loss: float | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The cell ended and its record is written."""

    status: str


@dataclass(frozen=True, slots=True)
class Unwritten:
    """The cell ended, but the record could not be written: there is no use in going on."""

    reason: str
