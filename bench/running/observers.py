"""Observers: what is told of the steps of every cell and of every record, while a sweep runs.

Steps and phases are told in the process that runs the cell: a worker of the pool (on a cluster, of an array task), or
the command itself for a single cell. A record is told once, by the process that writes it: that of the cell, or, in the
place of a worker that can't (it crashed, took too long, or its Slurm job was lost), the one that watches over it.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bench import observers as modules
from bench.cell import Cell
from bench.errors import UserError, refuse, said
from bench.escape.terminal import say
from bench.results import store
from bench.results.record import Record
from bench.settings import Settings

if TYPE_CHECKING:
    import pandas as pd  # a third of a second


FIRST_PHASE = "loading data"
"""The phase that every run of a cell begins with."""


class Unwell(Exception):
    """What a hook raises where its observer has something to say, which is said as it is: once for each `name`."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Observer:
    """Is told what becomes of cells, and does nothing about it: one that does has some of these hooks of its own.

    What a hook raises costs a warning and no cell. The time that it takes is the cell's.
    """

    def on_phase(self, cell: Cell, what: str) -> None:
        """Another part of the work on `cell` begins: "loading data", "training"."""

    def on_step(self, cell: Cell, step: int, max_steps: int, loss: float | None) -> None:
        """`step` of `max_steps` optimizer steps are done; `loss` is the training loss that was logged last.

        A cell that tries learning rates (`tune`) begins again with each.
        """

    def on_record(self, cell: Cell, folder: Path, record: Record) -> None:
        """`record` of `cell` was written to `folder`. One that did not end well may be followed by another, better
        one: with half the batch after it ran out of memory, say."""

    def on_report(self, page: Path) -> None:
        """The sweep's report was drawn; its tables and figures are beside the page. Only the command that draws it
        tells, after all records."""

    def close(self) -> None:
        """This process has no more cells. It is not called where the process is killed."""


Warn = Callable[[str, str], None]
"""Takes the name of an observer, and what is wrong with it."""


def warn(name: str, text: str) -> None:
    """Say it on standard error."""
    say(f"warning: {text}", error=True)


class Observers(Observer):
    """Several observers as one. Those that raise are told on all the same; of each the first failure is said."""

    def __init__(self, observers: Iterable[Observer] = (), warn: Warn = warn) -> None:
        self._observers, self._warn = list(observers), warn
        self._failed: set[int] = set()

    def __iter__(self) -> Iterator[Observer]:
        return iter(self._observers)

    def on_phase(self, cell: Cell, what: str) -> None:
        """Tell all."""
        self._each("on_phase", lambda each: each.on_phase(cell, what))

    def on_step(self, cell: Cell, step: int, max_steps: int, loss: float | None) -> None:
        """Tell all."""
        self._each("on_step", lambda each: each.on_step(cell, step, max_steps, loss))

    def on_record(self, cell: Cell, folder: Path, record: Record) -> None:
        """Tell all."""
        self._each("on_record", lambda each: each.on_record(cell, folder, record))

    def on_report(self, page: Path) -> None:
        """Tell all."""
        self._each("on_report", lambda each: each.on_report(page))

    def close(self) -> None:
        """Tell all."""
        self._each("close", lambda each: each.close())

    def _each(self, hook: str, call: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            try:
                call(observer)
            except (Exception, SystemExit) as error:  # a tracker's library may end the process for want of a login
                if isinstance(error, Unwell):
                    self._warn(error.name, str(error))
                elif id(observer) not in self._failed:
                    self._failed.add(id(observer))
                    name = f"{type(observer).__module__}.{type(observer).__qualname__}"
                    self._warn(name, f"observer {name} failed in {hook}, which costs no cell ({_why(error)})")


def check_observers(settings: Settings) -> None:
    """Raise UserError, with all problems, where an observer that `settings` choose can't be made."""
    problems = []
    for name in settings.all_observers:
        try:
            _make(name, settings)
        except UserError as error:
            problems.append(str(error))
    refuse(problems)


def chosen(settings: Settings, *own: Observer, warn: Warn = warn) -> Observers:
    """Those that `settings` choose, made for this process, after its `own`; one that can't be made here is left out,
    with a warning."""
    observers = list(own)
    for name in settings.all_observers:
        try:
            observers.append(_make(name, settings))
        except UserError as error:
            warn(name, f"{error}; it is left out")
    return Observers(observers, warn)


def tell_of_report(page: Path, settings: Settings) -> None:
    """Tell those that `settings` choose, and that want to know, of the sweep's report."""
    wanting = [each for each in chosen(settings) if type(each).on_report is not Observer.on_report]
    with closing(Observers(wanting)) as observers:
        observers.on_report(page)


def _make(name: str, settings: Settings) -> Observer:
    """The observer of a module of `bench.observers`, or else of any other. Raises UserError."""
    known = [module.name for module in pkgutil.iter_modules(modules.__path__)]
    module = f"{modules.__name__}.{name}" if name in known else name
    try:
        made = importlib.import_module(module).observer(settings)
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        choice = f"; known are {', '.join(known)}" if known else ""
        raise UserError(
            f"observers={name} cannot be had ({_why(error)}): give a module, on Python's path, that has a function "
            f"observer(settings){choice}"
        ) from error
    if not isinstance(made, Observer):
        raise UserError(f"observers={name}: its function observer gives no bench.running.observers.Observer")
    return made


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {said(error)}"


def write_record(
    observer: Observer,
    cell: Cell,
    folder: Path,
    record: Record,
    *,
    predictions: "pd.DataFrame | None" = None,
    texts: "pd.DataFrame | None" = None,
) -> Record:
    """Keep a cell's record in its folder (`store.write`) and tell `observer`: the one way by which records come about.

    Returns the record as written. Raises OSError and ValueError where it can't be.
    """
    written = store.write(folder, record, predictions, texts)
    observer.on_record(cell, folder, written)
    return written
