"""Running one cell: examples, fit, scores, record. Every end but an interruption leaves a record."""

import importlib
import logging
import sys
import time
import traceback
import warnings

import pandas as pd

from bench import memory
from bench.cell import Cell, identity
from bench.config import Settings
from bench.data.read import load_pool
from bench.data.split import Splits, draw
from bench.devices import visible_gpus
from bench.errors import TaskInfeasible
from bench.methods.outcome import Context, Diverged, Outcome
from bench.provenance import now, provenance
from bench.results import store
from bench.results.record import (
    Configuration,
    Examples,
    Failure,
    Measurements,
    Memory,
    Record,
    Seconds,
    Status,
    Throughput,
)  # fmt: skip
from bench.sources.cache import cache_folder

METHODS = {
    "tfidf_sgd": "bench.methods.tfidf_sgd",
    "lora": "bench.methods.lora",
    "qlora": "bench.methods.lora",
    "linear_probe": "bench.methods.linear_probe",
}
"""The module whose `fit(cell, splits, context)` does the work; imported when it is needed."""


def run_cell(cell: Cell, settings: Settings) -> Record:
    """Run `cell`, keep its record in its folder and return it. Whatever fails is in the record."""
    started = now()
    device = choose_device(settings)
    context = Context(cache=cache_folder(settings.cache_dir), mirror_dir=settings.mirror_dir, device=device)
    folder = cell.folder(settings.results_dir)
    try:
        record, predictions = measure(cell, context, started)
    except Exception as error:  # any failure costs one cell and is kept with its traceback
        return store.write(folder, failed(cell, status_of(error), error, started, device))
    return store.write(folder, record, predictions)


def choose_device(settings: Settings) -> str:
    """`cuda` where it is asked for, or left open and there; else `cpu`."""
    if settings.device == "auto":
        return "cuda" if visible_gpus() else "cpu"
    return settings.device


def measure(cell: Cell, context: Context, started: str) -> tuple[Record, pd.DataFrame]:
    """Run `cell` and return its `ok` record and its predictions frame (see `Record.predictions_file`).

    Raises UserError, Diverged, and whatever the libraries raise.
    """
    _quiet_libraries()
    # imports come first: a warm worker has them already, and they are not the cell's time
    fit = importlib.import_module(METHODS[cell.method.name if cell.method else cell.model.family]).fit
    memory.reset_peak()
    clock = time.perf_counter()
    pool = load_pool(cell.task.data, cache=context.cache, mirror_dir=context.mirror_dir)
    splits = draw(cell.task, pool)
    loaded = time.perf_counter() - clock
    outcome: Outcome = fit(cell, splits, context)
    measurements = _measurements(
        splits, outcome, load_data=loaded, total=time.perf_counter() - clock, device=context.device
    )
    record = Record(
        key=cell.key,
        status=Status.OK,
        configuration=configuration(cell),
        measurements=measurements,
        failure=None,
        provenance=provenance(
            started=started,
            device=context.device,
            model_revision=outcome.model_revision,
            data_revision=pool.revision,
            num_threads=_threads() if cell.method else None,
        ),
        predictions_file=None,
    )
    return record, predictions_frame(splits, outcome)


def _measurements(splits: Splits, outcome: Outcome, *, load_data: float, total: float, device: str) -> Measurements:
    from bench.methods.metrics import (
        evaluate,
    )  # scikit-learn takes a second, and failed cells need none of it

    training = outcome.training
    return Measurements(
        examples=Examples(
            labels=list(splits.labels),
            num_train=len(splits.train),
            num_validation=len(splits.validation),
            num_test=len(splits.test),
            duplicates_dropped=splits.duplicates_dropped,
            sha256=splits.sha256(),
        ),
        test=evaluate(outcome.test, splits.test.labels, splits.labels),
        validation=evaluate(outcome.validation, splits.validation.labels, splits.labels),
        training=training,
        seconds=Seconds(
            load_data=load_data,
            load_model=outcome.load_seconds,
            train=outcome.train_seconds,
            evaluate=outcome.evaluate_seconds,
            total=total,
        ),
        throughput=Throughput(
            train_examples_per_second=None if training is None else training.examples_seen / outcome.train_seconds,
            train_tokens_per_second=None if training is None else training.tokens_seen / outcome.train_seconds,
            test_examples_per_second=len(splits.test) / outcome.test_seconds,
        ),
        memory=Memory(
            peak_device=memory.peak_device() if device == "cuda" else None,
            peak_process=memory.peak_process(),
            frozen_weights=outcome.frozen_weights,
        ),
        parameters=outcome.parameters,
        choices=outcome.choices,
    )


def configuration(cell: Cell) -> Configuration:
    """The record's configuration block for `cell`."""
    return Configuration(
        data=cell.task.data.name,
        num_labels=cell.task.num_labels,
        train_size=cell.task.train_size,
        seed=cell.task.seed,
        model=cell.model.name,
        method=cell.method.name if cell.method else None,
        identity=identity(cell),
    )


def predictions_frame(splits: Splits, outcome: Outcome) -> pd.DataFrame:
    """All examples of the task with what was predicted for them; training examples have no prediction."""
    parts = []
    for name, probabilities in (("train", None), ("validation", outcome.validation), ("test", outcome.test)):
        examples = getattr(splits, name)
        labels = [splits.labels[i] for i in examples.labels]
        part = pd.DataFrame({"split": name, "id": examples.ids, "label": labels}, dtype="object")
        part["predicted"] = None
        part["probabilities"] = None
        if probabilities is not None:
            part["predicted"] = [splits.labels[i] for i in probabilities.argmax(axis=1)]
            part["probabilities"] = list(probabilities.astype("float32"))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def status_of(error: Exception) -> Status:
    """The status of a cell that `error` ended."""
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
        return Status.OOM
    if isinstance(error, Diverged):
        return Status.DIVERGED
    return Status.SKIPPED if isinstance(error, TaskInfeasible) else Status.ERROR


def failed(cell: Cell, status: Status, error: BaseException, started: str, device: str) -> Record:
    """The record of a cell that did not end `ok`, with the full traceback."""
    trace = "".join(traceback.format_exception(error)) if error.__traceback__ else None
    return Record(
        key=cell.key,
        status=status,
        configuration=configuration(cell),
        measurements=None,
        failure=Failure(type=type(error).__name__, message=str(error), traceback=trace),
        provenance=provenance(started=started, device=device),
        predictions_file=None,
    )


def _quiet_libraries() -> None:
    """Drop what libraries say to each other while they are imported and used; a user can do nothing about it."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # that an optional CPU kernel is not there
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)


def _threads() -> int | None:
    torch = sys.modules.get("torch")
    return None if torch is None else int(torch.get_num_threads())
