"""What a worker process and its sweep tell each other; plain values, pickled through a pipe."""

from dataclasses import dataclass
from typing import Literal

from bench.cell import Cell
from bench.methods.bar import Bar
from bench.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """One cell to run, or several in one stack (`bench.methods.fused.groups`)."""

    cells: tuple[Cell, ...]
    settings: Settings
    halvings: int = 0
    """How often batches are halved: larger ones do not fit."""
    bar: Bar | None = None
    """What a single cell has to reach on validation, or else it ends early."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Another part of the work on the worker's cell, or its stack, begins: "loading the model"."""

    what: str


@dataclass(frozen=True, slots=True)
class Step:
    """How far the worker's cell is, or of a stack the one that is farthest."""

    step: int
    max_steps: int
    loss: float | None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something is wrong that ends no cell; to be said once a sweep."""

    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The cell ended and its record is written. Fused cells have a message each, in the job's order."""

    status: str
    changed: Literal["data", "model"] | None = None
    """What is not as it was planned, and makes it useless to run other cells on it."""
    reason: str = ""
    """What to say of that."""


@dataclass(frozen=True, slots=True)
class Split:
    """Fused cells failed together, or were not begun: those without a record are to be run in smaller stacks."""

    reason: str
    most: int | None = None
    """How many cells like these may be in one, where that is known: more did not fit, or none can be fused."""
    begun: bool = True
    """Otherwise it was known before, nothing has failed, and the process is as sound as ever."""


@dataclass(frozen=True, slots=True)
class Unwritten:
    """The cell could not be begun, or ended and its record could not be written."""

    reason: str
    everywhere: bool = False
    """Whether the disk refuses all files (`regular.NO_WRITING`): then there is no use in going on."""


Answer = Phase | Step | Warned | Ended | Split | Unwritten
"""What a worker says."""
