"""From what a run gave, or what ended it, to its record."""

import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from bench.cell import Cell, identity
from bench.data.examples import Target
from bench.data.split import Source, Splits
from bench.escape.secrets import masked
from bench.methods.decisions import Decided
from bench.methods.fitted import Answers, Predicted, Summary
from bench.methods.halve import batches
from bench.results import measurements as blocks
from bench.results import record as schema
from bench.results.record import Record, Status
from bench.results.scores import Evaluation
from bench.running.provenance import provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything that running a cell gave. Seconds are wall time, peaks are bytes."""

    cell: Cell
    halved: Cell | None = None
    """What was run in its place, in smaller batches, after it ran out of memory."""
    splits: Splits
    summary: Summary
    train: Predicted | None
    validation: Predicted | None
    test: Predicted
    data_revision: str | None
    device: str
    started: str
    load_data_seconds: float
    evaluate_seconds: float
    test_seconds: float | None
    """None where features of test texts were there already."""
    total_seconds: float
    peak_process: int
    peak_device: int | None
    reserved_device: int | None = None
    precision: str | None = None
    """What was computed in: see `bench.running.precision`, also for the next."""
    tf32: bool | None = None
    energy_joules: float | None = None
    kept_features: int | None = None
    """Texts whose features an earlier cell had computed; null where there are no features."""
    fused: int | None = None
    """Cells in its stack, where it was trained in one (`engine=fused`)."""


def finished(run: Run) -> Record:
    """The `ok` record of a run; its predictions are kept apart (`predictions_frame`)."""
    return Record(
        key=run.cell.key,
        status=Status.OK,
        configuration=configuration(run.cell),
        measurements=_measurements(run),
        failure=None,
        provenance=provenance(
            started=run.started,
            device=run.device,
            model_revision=run.summary.model_revision,
            data_revision=run.data_revision,
            precision=run.precision,
            attention=run.summary.attention if run.fused is None else None,
            tf32=run.tf32,
            num_threads=_threads() if run.cell.method else None,
        ),
        predictions_file=None,
    )


def failed(cell: Cell, status: Status, error: BaseException, started: str, device: str) -> Record:
    """The record of a cell that did not end `ok`, with the full traceback; secrets in it are masked."""
    is_told = error.__traceback__ is not None and status is not Status.PRUNED  # there is nothing to mend
    trace = masked("".join(traceback.format_exception(error))) if is_told else None
    return Record(
        key=cell.key,
        status=status,
        configuration=configuration(cell),
        measurements=None,
        failure=schema.Failure(type=type(error).__name__, message=masked(str(error)), traceback=trace),
        provenance=provenance(started=started, device=device),
        predictions_file=None,
    )


def configuration(cell: Cell) -> schema.Configuration:
    """The record's configuration block for `cell`."""
    return schema.Configuration(
        data=cell.task.data.name,
        num_labels=cell.task.num_labels,
        train_size=cell.task.train_size,
        seed=cell.task.seed,
        model=cell.model.name,
        method=cell.method_label,
        identity=_without_secrets(identity(cell)),
    )


def _without_secrets(value: Any) -> Any:
    """An identity without the passwords that addresses in it may have; the key is of all of it."""
    if isinstance(value, dict):
        return {name: _without_secrets(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return masked(value) if isinstance(value, str) else value


def predictions_frame(run: Run) -> pd.DataFrame:
    """All examples of the task with what was predicted for them (see `Record.predictions_file`)."""
    names = run.splits.labels
    parts = []
    for name, predicted in (("train", None), ("validation", run.validation), ("test", run.test)):
        examples = getattr(run.splits, name)
        labels = _names(examples.labels, names)
        part = pd.DataFrame({"split": name, "id": examples.ids, "label": labels}, dtype="object")
        part["predicted"] = None
        part["probabilities"] = None
        if isinstance(predicted, Answers):
            answers = zip(predicted.indices, predicted.given, strict=True)
            part["predicted"] = [given if index is None else names[index] for index, given in answers]
        elif isinstance(predicted, Decided):
            part["predicted"] = _names(predicted.given.tolist(), names)
            if predicted.probabilities is not None:
                part["probabilities"] = list(predicted.probabilities.astype("float32"))
        elif predicted is not None:
            part["predicted"] = [names[i] for i in predicted.argmax(axis=1)]
            part["probabilities"] = list(predicted.astype("float32"))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _names(targets: Sequence[Target] | list[list[bool]], names: Sequence[str]) -> list[Any]:
    """Each example's label, or the list of its labels."""
    return [
        names[target] if isinstance(target, int) else [name for name, has in zip(names, target, strict=True) if has]
        for target in targets
    ]


def texts_frame(run: Run) -> pd.DataFrame:
    """The test examples' texts (see `Record.texts_file`)."""
    return pd.DataFrame({"id": run.splits.test.ids, "text": run.splits.test.texts}, dtype="object")


def _measurements(run: Run) -> blocks.Measurements:
    from bench.methods.metrics import evaluate  # scikit-learn takes a second, and failed cells need none of it

    splits, summary = run.splits, run.summary

    def scores(name: str, predicted: Predicted | None) -> Evaluation | None:
        return None if predicted is None else evaluate(predicted, getattr(splits, name).labels, splits.labels)

    return blocks.Measurements(
        examples=_examples(splits),
        test=evaluate(run.test, splits.test.labels, splits.labels),
        validation=scores("validation", run.validation),
        train=scores("train", run.train),
        before=summary.before,
        training=summary.training,
        seconds=blocks.Seconds(
            load_data=run.load_data_seconds,
            load_model=summary.load_seconds,
            train=summary.train_seconds,
            evaluate=run.evaluate_seconds,
            total=run.total_seconds,
        ),
        throughput=_throughput(run),
        memory=blocks.Memory(
            peak_device=run.peak_device,
            reserved_device=run.reserved_device,
            peak_process=run.peak_process,
            frozen_weights=summary.frozen_weights,
        ),
        parameters=summary.parameters,
        choices=summary.choices,
        lengths=summary.lengths,
        cut=summary.cut,
        halved=None if run.halved is None else batches(run.halved),
        energy_joules=run.energy_joules,
        fused=None if run.fused is None else blocks.Fused(cells=run.fused, compiled=summary.compiled),
        kept_features=run.kept_features,
    )


def _examples(splits: Splits) -> blocks.Examples:
    return blocks.Examples(
        labels=list(splits.labels),
        num_train=len(splits.train),
        num_validation=len(splits.validation),
        num_test=len(splits.test),
        duplicates_dropped=splits.duplicates_dropped,
        conflicts_dropped=splits.conflicts_dropped,
        test_texts_in_training=splits.test_texts_in_training(),
        **({} if (source := splits.source) is None else _source(source)),
        sha256=splits.sha256(),
    )


def _source(source: Source) -> dict[str, Any]:
    """What the record says of the data that the examples were drawn from."""
    return {
        "rows_read": source.rows,
        "labels_available": source.labels,
        "rows_of_labels": source.rows_of_labels,
        "conflicting_texts": source.conflicting_texts,
        "notes": list(source.notes) or None,
        "cleaned": None if source.cleaned is None else blocks.Cleaned(**asdict(source.cleaned)),
    }


def _throughput(run: Run) -> blocks.Throughput:
    training, seconds = run.summary.training, run.summary.train_seconds
    return blocks.Throughput(
        train_examples_per_second=None if training is None else training.examples_seen / seconds,
        train_tokens_per_second=None if training is None else training.tokens_seen / seconds,
        test_examples_per_second=None if run.test_seconds is None else len(run.splits.test) / run.test_seconds,
    )


def _threads() -> int | None:
    torch = sys.modules.get("torch")
    return None if torch is None else int(torch.get_num_threads())
