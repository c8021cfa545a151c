"""Running one cell: examples, fit, scores, record. Every end but an interruption leaves a record."""

import importlib
import logging
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bench.cell import Cell
from bench.data.read import load_pool
from bench.data.split import draw
from bench.errors import TaskInfeasible, UserError, said
from bench.methods.fitted import Context, Diverged, Fitted, Phase, Report, Saveable, unsaid
from bench.methods.halve import in_halves
from bench.models.card import model_card
from bench.models.kept import CARD, MODEL, file_hashes
from bench.results import store
from bench.results.record import Record, Status
from bench.rights import share_all
from bench.running import memory
from bench.running.bf16 import as_computed, notice, precision_of
from bench.running.devices import energy_counter, visible_gpus
from bench.running.garbage import gc_disabled
from bench.running.positions import length_of, within_positions
from bench.running.positions import notice as notice_of_length
from bench.running.provenance import now
from bench.running.recording import Run, failed, finished, predictions_frame, texts_frame
from bench.running.warm import Warm
from bench.settings import Settings
from bench.sources.cache import cache_folder


class RecordUnwritten(UserError):
    """A cell ended, and its record could not be written."""


def run_cell(
    cell: Cell,
    settings: Settings,
    *,
    halved: bool = False,
    report: Report | None = None,
    phase: Phase = unsaid,
    warm: Warm | None = None,
) -> Record:
    """Run `cell`, keep its record in its folder and return it. Whatever fails is in the record.

    With `halved` it runs in smaller batches than it says (`bench.methods.halve`), as its record then tells. `report`
    is told of optimizer steps, `phase` of what begins. `warm` is what earlier cells of this process left for this
    one, and then what it leaves for the next; None: nothing. After a failure it is empty. Raises RecordUnwritten
    where the record can't be written.
    """
    started, device, warm = now(), choose_device(settings), warm or Warm()
    cache = cache_folder(settings.cache_dir)
    context = Context(
        cache=cache,
        mirror_dir=settings.mirror_dir,
        device=device,
        report=report,
        warm=warm,
        feature_cache_gb=settings.feature_cache_gb,
        phase=phase,
    )
    folder = cell.folder(settings.results_dir)
    try:
        run, fitted = measure(cell, context, started, halved=halved)
        contents = to_keep(run, fitted, settings)
    except BaseException as error:
        warm.clear()
        if not isinstance(error, Exception):
            raise  # an interruption: no record
        # any failure costs one cell and is kept with its traceback
        return write(folder, failed(cell, status_of(error), error, started, device))
    return write(folder, *contents)


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
    folder: Path, record: Record, predictions: pd.DataFrame | None = None, texts: pd.DataFrame | None = None
) -> Record:
    """Keep a cell's record in its folder. Raises RecordUnwritten."""
    try:
        return store.write(folder, record, predictions, texts)
    except (OSError, ValueError) as error:
        raise RecordUnwritten(f"{folder} cannot be written: {said(error)}") from error


def choose_device(settings: Settings) -> str:
    """`cuda` where it is asked for, or left open and there; else `cpu`."""
    if settings.device == "auto":
        return "cuda" if visible_gpus() else "cpu"
    return settings.device


def measure(cell: Cell, context: Context, started: str, *, halved: bool = False) -> tuple[Run, Fitted]:
    """Draw the cell's examples, fit its model and predict with it, `halved` in smaller batches.

    Raises UserError, Diverged, and whatever the libraries raise.
    """
    computed = as_computed(cell, context.device)
    fitting = in_halves(computed) if halved else computed
    assert fitting is not None
    quiet_libraries()
    if (said := notice(cell, context.device)) is not None:
        print(said, file=sys.stderr, flush=True)
    context.warm.begin(fitting, context.device)
    memory.reset_peak()
    energy = energy_counter() if context.device == "cuda" else None
    context.phase("loading data")
    clock = time.perf_counter()
    pool = load_pool(cell.task.data, cache=context.cache, mirror_dir=context.mirror_dir)
    splits = draw(cell.task, pool)
    loading_seconds = time.perf_counter() - clock
    context.phase("fitting" if cell.approach.role == "classical" else "loading the model")
    # after the data, which may be wrong; the imports are not the cell's time: a warm worker has them already
    with gc_disabled():
        fit = _fit_function(fitting)
    context.warm.imported()
    fitting_started = time.perf_counter()
    planned, fitting = fitting, within_positions(fitting, context.cache, context.mirror_dir)
    fitted = fit(fitting, splits, context)
    say_length(planned, fitting, fitted)
    fitting_ended = time.perf_counter()
    context.phase("evaluating")
    train = fitted.predict(splits.train) if cell.training is not None and cell.training.evaluate_train else None
    validation = fitted.predict(splits.validation) if len(splits.validation) else None
    test_started = time.perf_counter()
    test = fitted.predict(splits.test)
    ended = time.perf_counter()
    run = Run(
        cell=cell,
        halved=fitting if halved else None,
        splits=splits,
        summary=fitted.summary,
        train=train,
        validation=validation,
        test=test,
        data_revision=pool.revision,
        device=context.device,
        started=started,
        load_data_seconds=loading_seconds,
        evaluate_seconds=ended - fitting_ended,
        test_seconds=ended - test_started,
        total_seconds=loading_seconds + ended - fitting_started,
        precision=fitted.summary.precision or precision_of(fitting),
        peak_process=memory.peak_process(),
        peak_device=memory.peak_device() if context.device == "cuda" else None,
        energy_joules=_used(energy),
    )
    return run, fitted


def say_length(planned: Cell, fitting: Cell, fitted: Fitted) -> None:
    """Put among the choices that a record holds where texts are cut, if not where the cell says; tell if some were."""
    said, held = length_of(planned), length_of(fitting)
    if said is not None and held is not None and said != held:
        cut = fitted.summary.choices.setdefault("max_length", held[1])  # zero-shot needs some for its prompt
        if fitted.summary.lengths is not None and fitted.summary.lengths.num_cut:
            print(notice_of_length(said[1], cut), file=sys.stderr, flush=True)


def _used(before: float | None) -> float | None:
    """Joules since a reading of `energy_counter`."""
    after = None if before is None else energy_counter()
    return None if before is None or after is None else after - before


def _fit_function(cell: Cell) -> Callable[..., Fitted]:
    fit: Callable[..., Fitted] = importlib.import_module(cell.approach.module).fit
    if cell.tune is None:
        return fit
    from bench.methods.tune import fit_tuned

    return lambda cell, splits, context: fit_tuned(cell, splits, context, fit)


def _keep_model(fitted: Saveable, folder: Path, card: str) -> None:
    """Save the model and its card beside the record; a killed writer leaves no half of one under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f".{MODEL}-*"):
        shutil.rmtree(stale)
    temporary = Path(tempfile.mkdtemp(dir=folder, prefix=f".{MODEL}-"))
    fitted.save(temporary)
    (temporary / CARD).write_text(card, encoding="utf-8")  # in place of what peft writes
    share_all(temporary)
    if (folder / MODEL).exists():
        shutil.rmtree(folder / MODEL)
    temporary.rename(folder / MODEL)


def status_of(error: Exception) -> Status:
    """The status of a cell that `error` ended."""
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
        return Status.OOM
    if isinstance(error, Diverged):
        return Status.DIVERGED
    return Status.SKIPPED if isinstance(error, TaskInfeasible) else Status.ERROR


def quiet_libraries() -> None:
    """Drop what libraries say to each other while they are imported and used; a user can do nothing about it."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # that an optional CPU kernel is not there
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
    # parameters of fused cells are parts of one matrix; that is as quick as torch says it may not be
    warnings.filterwarnings("ignore", message="grad and param do not obey the gradient layout contract")
