"""What the process of a cell tells that of a tracker: plain values, so that neither needs the other's imports."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float | bool
Points = tuple[tuple[int, Mapping[str, float]], ...]
"""Optimizer steps, and what was measured at each, by name (`train/loss`)."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Which tracker it is, and what its runs belong to. The first message."""

    name: str
    backend: str
    """The module with a function `backend(setup)`."""
    experiment: str
    """What the sweep is called."""
    results: str
    """The folder of results, absolute: two of them may hold the same cell."""
    folder: str
    """Where the tracker keeps what it keeps on disk, absolute."""
    slow_seconds: float = 30.0
    """A call that takes longer is said."""
    grace_seconds: float = 60.0
    """How long the tracker's process may go on after the one that it serves has ended, or has said that it will."""


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at a cell."""

    key: str
    """Of the cell: what the run is called."""
    params: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Begin:
    """A cell begins, perhaps once more."""

    run: Run


@dataclass(frozen=True, slots=True)
class Logged:
    """What was measured while a cell is trained."""

    key: str
    points: Points


@dataclass(frozen=True, slots=True)
class End:
    """The record of a cell was written. The process that says so need not be the one that said it began."""

    run: Run
    status: str
    """Of the record: `ok`, `oom` and so on."""
    failure: str | None
    step: int
    """The last optimizer step; 0 where nothing is trained by gradients."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    points: Points = ()
    """Of the record's history, those that were not told before."""

    @property
    def is_ok(self) -> bool:
        """Whether the cell ended well."""
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class Report:
    """The sweep's report was drawn."""

    page: str
    """`index.html`, absolute; tables and figures are beside it."""


@dataclass(frozen=True, slots=True)
class Close:
    """There is nothing more."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The other way: what is wrong, in words that follow the tracker's name."""

    text: str
    hangs: bool = False
    """Whether a call has not come back, and waiting for the next would be in vain."""


Message = Begin | Logged | End | Report | Close
