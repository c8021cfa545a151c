"""The observer of every tracker: it makes messages of what it is told, and waits for nobody."""

from dataclasses import dataclass, field
from pathlib import Path

from bench.cell import Cell
from bench.errors import UserError
from bench.extras import how_to_install, is_here
from bench.results.record import Record
from bench.running.observers import FIRST_PHASE, Observer, Unwell
from bench.settings import Settings
from bench.tracking.channel import Channel
from bench.tracking.content import LOSS, last_step, metrics_of, points_of, run_of, without
from bench.tracking.messages import Begin, Close, End, Logged, Report, Run, Setup
from bench.tracking.names import CALLED

FOLDER = "trackers"
"""Below the results: what trackers keep on disk, a folder each."""


def tracker(name: str, settings: Settings) -> "Tracker":
    """The observer of a tracker that `tracker=` knows. Raises UserError where its package is not installed."""
    if not is_here(name):
        raise UserError(f"tracker={name} needs a package that is not installed: {how_to_install(name)}")
    return Tracker(setup_of(name, settings))


def setup_of(name: str, settings: Settings) -> Setup:
    """What the process of a tracker has to know."""
    results = Path(settings.results_dir).absolute()
    folder = results / FOLDER / name
    return Setup(name, f"bench.tracking.backends.{name}", settings.title, str(results), str(folder))


@dataclass(slots=True)
class Attempt:
    """A cell that this process runs, and what was told of it."""

    run: Run
    tries: bool
    """Whether it tries hyperparameters, and so trains several times."""
    trial: int = 0
    step: int = 0
    loss: float | None = None
    told: dict[int, float] = field(default_factory=dict)
    """Training losses by step."""

    def new_loss(self, step: int, loss: float | None) -> Logged | None:
        """What to tell at `step`: the loss that was logged last, where that is another one than before.

        A step is told before its own loss is logged, so a new one is that of the step before.
        """
        if step <= self.step or not self.trial:
            self.trial, self.loss = self.trial + 1, None
        self.step, before = step, self.loss
        if loss is None or loss == before:
            return None
        self.loss = loss
        if self.tries:
            return Logged(self.run.key, ((step - 1, {f"trials/{self.trial}/loss": loss}),))
        self.told[step - 1] = loss
        return Logged(self.run.key, ((step - 1, {LOSS: loss}),))


class Tracker(Observer):
    """Tells the process of a tracker, which begins with the first cell. Hooks raise Unwell where that is in trouble."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._channel = Channel(setup)
        self._attempts: dict[str, Attempt] = {}
        self._kept = "cells go on, and keep their records"

    def on_phase(self, cell: Cell, what: str) -> None:
        """Its first phase begins a run."""
        if what == FIRST_PHASE or cell.key not in self._attempts:
            attempt = Attempt(run_of(cell), tries=cell.tune is not None)
            self._attempts[cell.key] = attempt
            self._channel.put(Begin(attempt.run))
        self._complain()

    def on_step(self, cell: Cell, step: int, max_steps: int, loss: float | None) -> None:
        """A new training loss is told."""
        attempt = self._attempts.get(cell.key)
        if attempt is not None and (logged := attempt.new_loss(step, loss)) is not None:
            self._channel.put(logged)
            self._complain()

    def on_record(self, cell: Cell, folder: Path, record: Record) -> None:
        """The run ends, whoever began it."""
        attempt = self._attempts.pop(cell.key, None)
        failure = None if record.failure is None else f"{record.failure.type}: {record.failure.message}"
        self._channel.put(
            End(
                run=run_of(cell) if attempt is None else attempt.run,
                status=record.status.value,
                failure=failure,
                step=last_step(record),
                metrics=metrics_of(record),
                points=without(points_of(record), {} if attempt is None else attempt.told),
            )
        )
        self._complain()

    def on_report(self, page: Path) -> None:
        """The report goes to a run of its own."""
        self._kept = f"the report is {page} all the same"
        self._channel.put(Report(str(page.absolute())))
        self._complain()

    def close(self) -> None:
        """Give the process a moment to do what is left; what it has not done then it goes on with alone."""
        self._channel.put(Close())
        self._channel.close()
        self._complain()

    def _complain(self) -> None:
        if (trouble := self._channel.trouble()) is not None:
            name = self._setup.name
            text = f"tracker={name}: {CALLED.get(name, name)} {trouble}; {self._kept}"
            raise Unwell(f"tracker {name}", text)
