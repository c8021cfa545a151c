"""Whether the experiment is valid, and whether its data can give what it asks for."""

from collections.abc import Iterator

from bench.doctor.finding import Finding, ok, problem
from bench.doctor.sweep import Sweep
from bench.errors import UserError
from bench.running.observers import check_observers
from bench.running.preflight import check_data, check_extras, check_predictions, check_tasks, check_training
from bench.wording import counted


def examine(sweep: Sweep) -> Iterator[Finding]:
    """What a sweep looks at before its first cell and does not come from this machine. Downloads nothing."""
    if sweep.cells:
        done = len(sweep.cells) - len(sweep.todo)
        yield ok(f"{sweep.experiment}: {counted(len(sweep.cells), 'cell')}, {done:,} done, {len(sweep.todo):,} to run")
    if sweep.refused is not None:
        yield problem(sweep.refused)
    settings, todo = sweep.settings, sweep.todo
    for check in (
        lambda: check_tasks(sweep.cells),
        lambda: check_extras(todo),
        lambda: check_training(todo, settings, fetch=False),
        lambda: check_data(todo, settings),
        lambda: check_predictions(todo, settings),
        lambda: check_observers(settings),
    ):
        try:
            check()
        except UserError as error:
            yield problem(str(error))
