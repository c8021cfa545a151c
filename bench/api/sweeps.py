"""Running cells: `sweep`, `run_cell`."""

from typing import Any

from bench.api import process
from bench.api.grid import composed, words_of_sweep
from bench.api.study import Study
from bench.api.words import words_of
from bench.results import store
from bench.results.record import Record, Status


def sweep(experiment: str | None = None, *, show: bool = True, **options: Any) -> Study:
    """Run what is missing of a grid and draw its report, as `bench sweep EXPERIMENT OPTION=VALUE`.

    `options` are those of Hydra: `model="minilm"`, `seed=[0, 1]` (values to cross), `training={"learning_rate": 1e-3}`
    or `**{"training.learning_rate": 1e-3}`. With `show` its progress goes to the caller's output. A cell that fails
    ends nothing: `Study.results` says which. Raises UserError, before anything runs, for what the command would refuse,
    and RuntimeError where the command itself broke down.
    """
    words = words_of_sweep(experiment, options)
    grid = composed(words)
    ended = process.run(["-m", *words], show=show)
    return grid.study(all_done=ended.code == 0)


def run_cell(*, show: bool = False, **options: Any) -> Record:
    """Run one cell, unless its record says it is done, as `bench run OPTION=VALUE`; return its record.

    A list is one value here. What happened to it is in `Record.status` (and `failure`), scores are in
    `Record.measurements`. Raises UserError for what the command would refuse, and RuntimeError, with the last line of
    its errors, where it ended without a record.
    """
    words = words_of(options, several=False)
    grid = composed(words)
    (cell,), (folder,) = grid.cells, grid.folders
    ended = process.run(words, show=show)
    record = store.read(folder)
    if record is None or (ended.code != 0 and record.status is Status.OK):  # one of an earlier run
        raise RuntimeError(f"{cell.key} left no record in {folder}: {ended.last or 'nothing was said of why'}")
    return record
