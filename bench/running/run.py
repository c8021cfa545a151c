"""Running cells and keeping their records: one cell, or several in one stack.

Every end of a cell but an interruption leaves a record.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bench.cell import Cell
from bench.errors import TaskInfeasible, UserError, said
from bench.folders import whole_folder
from bench.methods.bar import Bar, Pruned
from bench.methods.engines import Engine
from bench.methods.fitted import Context, Diverged, Fitted, Saveable
from bench.models.card import model_card
from bench.models.kept import CARD, MODEL, file_hashes
from bench.results.record import Record, Status
from bench.rights import share_all
from bench.running.devices import visible_gpus
from bench.running.measuring import Measured, TooMany, measure
from bench.running.observers import Observer, write_record
from bench.running.out_of_memory import is_out_of_memory
from bench.running.provenance import now
from bench.running.recording import Run, failed, finished, predictions_frame, texts_frame
from bench.running.warm import Warm
from bench.settings import Settings
from bench.sources.cache import cache_folder

NOBODY = Observer()


class RecordUnwritten(UserError):
    """A cell ended, and its record could not be written."""


def run(
    cells: Sequence[Cell],
    settings: Settings,
    *,
    engine: Engine | None = None,
    halvings: int = 0,
    observer: Observer = NOBODY,
    warm: Warm | None = None,
    bar: Bar | None = None,
) -> list[Record]:
    """Run one cell, or several in one stack, keep their records in their folders and return them in order.

    `engine` is `single` for one cell and `fused` for several, which agree in `groups.can_fuse`. Whatever ends a cell
    alone is in its record: for a single cell that is every failure. What fails for all of a stack together (memory,
    say, or Unfusable) is raised, and those without a record can be run one by one then; before anything is begun,
    TooMany, where memory holds no such stack.

    Their batches are halved so often (`bench.methods.halve`, `halvings`), as their records then tell. `warm`
    is what earlier cells of this process left for these, and then what they leave for the next; None: nothing. Where
    none ended in a way that leaves the process sound it is empty. Raises RecordUnwritten where a
    record can't be written.

    With a `bar`, a cell that is run alone ends with the status `pruned` where its validation leaves it no chance.
    """
    started, device, warm = now(), choose_device(settings), warm or Warm()
    engine = engine or ("single" if len(cells) == 1 else "fused")

    def on_phase(what: str) -> None:
        for cell in cells:
            observer.on_phase(cell, what)

    context = Context(
        cache=cache_folder(settings.cache_dir),
        mirror_dir=settings.mirror_dir,
        device=device,
        warm=warm,
        feature_cache_gb=settings.feature_cache_gb,
        on_phase=on_phase,
        compile_blocks=settings.fused.compile == "blocks",
        bar=bar if engine == "single" else None,
    )
    outcomes: Sequence[Measured | Exception]
    try:
        outcomes = measure(cells, context, observer, started=started, engine=engine, halvings=halvings)
    except TooMany:
        raise  # nothing was begun: what is warm stays so
    except BaseException as error:
        if not isinstance(error, Exception) or not status_of(error).process_is_sound:
            warm.clear()
        if engine != "single" or not isinstance(error, Exception):
            raise  # an interruption, or what may not befall the cells one by one: no record
        outcomes = [error]
    ended = zip(cells, outcomes, strict=True)
    records = [_keep(cell, outcome, settings, observer, started) for cell, outcome in ended]
    if not any(record.status.process_is_sound for record in records):
        warm.clear()
    return records


def run_cell(cell: Cell, settings: Settings, **options: Any) -> Record:
    """Run one cell: `run` with these options."""
    (record,) = run([cell], settings, **options)
    return record


def _keep(cell: Cell, outcome: Measured | Exception, settings: Settings, observer: Observer, started: str) -> Record:
    """Write the record of what a cell gave, or of what ended it. Raises RecordUnwritten."""
    folder = cell.folder(settings.results_dir)
    error = outcome if isinstance(outcome, Exception) else None
    if not isinstance(outcome, Exception):
        try:
            record, predictions, texts = to_keep(outcome.run, outcome.fitted, settings)
        except Exception as found:  # it costs one cell and is kept with its traceback
            error = found
        else:
            return write(observer, cell, folder, record, predictions=predictions, texts=texts)
    assert error is not None
    return write(observer, cell, folder, failed(cell, status_of(error), error, started, choose_device(settings)))


def to_keep(run: Run, fitted: Fitted, settings: Settings) -> tuple[Record, pd.DataFrame, pd.DataFrame | None]:
    """The record, predictions and texts of a run that ended well; its model is saved where `settings` ask for it."""
    record = finished(run)
    if settings.save_model and isinstance(fitted, Saveable):
        record = record.model_copy(update={"model_folder": MODEL})
        folder = run.cell.folder(settings.results_dir)
        _keep_model(fitted, folder, model_card(run.cell, record, fitted.kept))
        record = record.model_copy(update={"model_files": file_hashes(folder / MODEL)})
    return record, predictions_frame(run), texts_frame(run) if settings.save_texts else None


def write(
    observer: Observer,
    cell: Cell,
    folder: Path,
    record: Record,
    *,
    predictions: pd.DataFrame | None = None,
    texts: pd.DataFrame | None = None,
) -> Record:
    """As `write_record`, for the process that runs the cell. Raises RecordUnwritten."""
    try:
        return write_record(observer, cell, folder, record, predictions=predictions, texts=texts)
    except (OSError, ValueError) as error:
        raise RecordUnwritten(f"{folder} cannot be written: {said(error)}") from error


def choose_device(settings: Settings) -> str:
    """`cuda` where it is asked for, or left open and there; else `cpu`."""
    if settings.device == "auto":
        return "cuda" if visible_gpus() else "cpu"
    return settings.device


def _keep_model(fitted: Saveable, folder: Path, card: str) -> None:
    """Save the model and its card beside the record; a killed writer leaves no half of one under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f".{MODEL}-*"):
        shutil.rmtree(stale)
    with whole_folder(folder / MODEL, replace=True) as new:
        fitted.save(new)
        (new / CARD).write_text(card, encoding="utf-8")  # in place of what peft writes
        share_all(new)


def status_of(error: Exception) -> Status:
    """The status of a cell that `error` ended."""
    if is_out_of_memory(error):
        return Status.OOM
    if isinstance(error, Diverged):
        return Status.DIVERGED
    if isinstance(error, Pruned):
        return Status.PRUNED
    return Status.SKIPPED if isinstance(error, TaskInfeasible) else Status.ERROR
