"""Running one cell in this process, on the terminal."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.compose import check, to_cell, to_settings
from bench.errors import UserError, said
from bench.escape.terminal import say
from bench.methods.halve import halved
from bench.options.overrides import check_given
from bench.options.without_effect import Point
from bench.results import store
from bench.results.claims import Claims, read
from bench.results.counts import examples_text
from bench.results.cut_texts import shares_of
from bench.results.record import Record, Status
from bench.running.cores import use_threads
from bench.running.devices import use_one_gpu
from bench.running.heartbeat import progress_of_a_cell
from bench.running.no_gpu import say_why_not
from bench.running.observers import check_observers, chosen
from bench.running.preflight import check_cells, check_device, check_extras, check_folders, check_readable, check_tasks
from bench.settings import Settings
from bench.sweep.aged import aged
from bench.sweep.index import Index
from bench.sweep.missing import is_wanted


def run_single(content: dict[str, Any], given: Sequence[str] = ()) -> int:
    """Run the cell of a composed configuration unless its record says it is done; return the exit code.

    `given` are the overrides of the command line. Raises UserError where it can't be run.
    """
    check(content)
    cell, settings = to_cell(content), to_settings(content)
    if settings.command != "run":
        raise UserError(f"command={settings.command} is for a sweep: add -m")
    check_given(given, [Point(content, cell, sweep=False)])
    check_readable("results_dir", settings.results_dir)
    folder = cell.folder(settings.results_dir)
    if not is_wanted(cell, settings):
        record = store.read(folder)
        assert record is not None
        entry = Index(settings.results_dir).of(cell)
        found = aged(cell, entry, settings) if entry is not None else []
        but = f"\n  made with {', '.join(found)}" if found else ""
        say(f"kept: {_line(record)}{but}\n  {folder}\n  (overwrite=always runs it again)")
        return 0 if record.status in (Status.OK, Status.PRUNED) else 1
    return _run(cell, settings)


def _run(cell: Cell, settings: Settings) -> int:
    check_tasks([cell])
    check_extras([cell])
    check_device([cell], settings)
    say_why_not([cell], settings)
    check_folders(settings.results_dir)
    check_cells([cell], settings)
    check_observers(settings)
    folder = cell.folder(settings.results_dir)
    try:
        store.check_place(folder)
    except OSError as error:
        raise UserError(f"the record cannot be written: {said(error)}") from error
    with Claims(settings.results_dir) as claims:
        try:
            taken = claims.take(folder, settings.device)
        except OSError as error:
            raise UserError(f"{cell.key} cannot be claimed: {said(error)}") from error
        if not taken:
            raise UserError(f"{cell.key} is being run: {_owner(folder)}")
        record = _run_claimed(cell, settings)
    say(f"{_line(record)}\n  {folder}")
    if record.failure is None:
        return 0
    if record.failure.type in ("UserError", "TaskInfeasible", "DataChanged", "ModelChanged"):
        raise UserError(record.failure.message)
    say(record.failure.traceback)
    return 1


def _run_claimed(cell: Cell, settings: Settings) -> Record:
    if settings.device != "cpu":
        use_one_gpu()  # before anything imports torch
    from bench.running.run import run_cell
    from bench.running.warm import Warm

    use_threads(None)
    warm = Warm(lasting=True)
    with progress_of_a_cell() as shown, closing(chosen(settings, shown)) as observer:
        record = run_cell(cell, settings, observer=observer, warm=warm)
        halvings = 0
        while record.status is Status.OOM and halved(cell, halvings + 1) is not None:
            halvings += 1
            say("out of memory: trying again with half the batch", error=True)
            record = run_cell(cell, settings, halvings=halvings, observer=observer, warm=warm)
    return record


def _owner(folder: Path) -> str:
    """Who has the claim on the cell in `folder`, as far as is known."""
    claim = read(folder)
    return "by somebody" if claim is None else f"on {claim.host} ({claim.device}), since {claim.started}"


def _line(record: Record) -> str:
    """One line for the terminal."""
    if record.measurements is None:
        return f"{record.key}: {record.status.value}"
    test, seconds = record.measurements.test, record.measurements.seconds
    accuracy = "accuracy" if test.label_sets is None else "subset accuracy"
    line = (
        f"{record.key}: {record.status.value}, test {accuracy} {test.accuracy:.3f}, macro-F1 {test.macro_f1:.3f} "
        f"on {test.num_examples} examples, {seconds.total:.1f} s{_precision(record)}"
    )
    cut = shares_of(record)
    several = test.label_sets is not None
    more = [
        examples_text(record.measurements.examples, several=several),
        cut.warning() if cut is not None and cut.is_told else "",
    ]
    return "\n  ".join([line, *(text for text in more if text)])


def _precision(record: Record) -> str:
    """What the model was computed in, where that is not what the cell's default says."""
    identity, computed = record.configuration.identity, record.provenance.precision
    part = identity.get("training") or identity.get("method")
    said = part.get("precision") if isinstance(part, dict) else None  # others may have written the record
    return f", computed in {computed}" if computed and said and computed != said else ""
