"""Running one cell in this process, on the terminal."""

from typing import Any

from bench.cell import Cell
from bench.compose import check, to_cell, to_settings
from bench.config import Settings
from bench.errors import UserError
from bench.preflight import check_device, check_extras, check_folders, check_sources, check_tasks
from bench.results import store
from bench.results.record import Record, Status
from bench.sweep.missing import is_wanted


def run_single(content: dict[str, Any]) -> int:
    """Run the cell of a composed configuration unless its record says it is done; return the exit code.

    Raises UserError where it can't be run.
    """
    check(content)
    cell, settings = to_cell(content), to_settings(content)
    if settings.command != "run":
        raise UserError(f"command={settings.command} is for a sweep: add -m")
    folder = cell.folder(settings.results_dir)
    if not is_wanted(cell, settings):
        record = store.read(folder)
        assert record is not None
        print(f"kept: {_line(record)}\n  {folder}\n  (overwrite=always runs it again)")
        return 0 if record.status is Status.OK else 1
    return _run(cell, settings)


def _run(cell: Cell, settings: Settings) -> int:
    check_tasks([cell])
    check_extras([cell])
    check_device([cell], settings)
    check_folders(settings.results_dir)
    check_sources([cell], settings)
    from bench.run import run_cell
    from bench.warm import Warm

    record = run_cell(cell, settings, Warm(lasting=True))
    print(f"{_line(record)}\n  {cell.folder(settings.results_dir)}")
    if record.failure is None:
        return 0
    if record.failure.type in ("UserError", "TaskInfeasible"):
        raise UserError(record.failure.message)
    print(record.failure.traceback)
    return 1


def _line(record: Record) -> str:
    """One line for the terminal."""
    if record.measurements is None:
        return f"{record.key}: {record.status.value}"
    test, seconds = record.measurements.test, record.measurements.seconds
    return (
        f"{record.key}: {record.status.value}, test accuracy {test.accuracy:.3f}, macro-F1 {test.macro_f1:.3f} "
        f"on {test.num_examples} examples, {seconds.total:.1f} s"
    )
