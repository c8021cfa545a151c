"""From records to tidy tables: one line a cell, and one line a point of the grid (its seeds taken together).

A cell that is not `ok` keeps its line and has no numbers, so nothing downstream can average over it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from bench.escape.secrets import masked
from bench.metrics.labelled import LabelledPredictions
from bench.metrics.table import COMPLEMENTS, METRICS
from bench.report.inputs import hyperparameters as options
from bench.report.inputs.records import CellRecord, ExpectedCell, read_records
from bench.report.statistics.metrics import TEST, guessed_share, metric_columns
from bench.results.measurements import Measurements
from bench.results.record import Record, Status
from bench.results.scores import METRIC_FIELDS, Evaluation
from bench.results.store import UnreadableRecord

MISSING = "missing"
NOT_NEEDED = "not_needed"
"""Instead of `missing`, of cells that a race had no use for."""
UNREADABLE = "unreadable"
PACKAGES = ("torch", "transformers", "peft", "scikit-learn")
"""Packages whose versions may change a result."""

SETS = ("train", "validation", "test")
TRAINED = ("accuracy", "loss", "average_precision")
"""What is known of each set, before training and after it."""
FLOATS = (
    "test_weighted_precision",
    "test_weighted_recall",
    "test_confidence",
    *(f"{name}_{part}" for name in ("validation", "train") for part in TRAINED),
    *(f"before_{name}_{part}" for name in SETS for part in TRAINED),
    "before_test_confidence",
    *(f"{name}_majority" for name in SETS),
    "train_seconds",
    "total_seconds",
    "test_examples_per_second",
    "energy_joules",
)
INTEGERS = (
    "peak_memory_bytes",
    "trainable_parameters",
    "num_train",
    "num_validation",
    "num_test",
    "test_texts_in_training",
    "kept_features",
)
COSTS = ("train_seconds", "test_examples_per_second", "energy_joules", "peak_memory_bytes", "peak_memory_of")
"""What answers that were made elsewhere have not: reading their file says nothing of what they cost."""
AXES = ("row", "model", "method", "data", "num_labels", "train_size", "seed")
TEXTS = ("peak_memory_of", "examples_sha256", "failure_type", "failure")
PROVENANCE = ("device", "device_name", "model_revision", "data_revision", "python", "git_commit", *PACKAGES)
POINT = ["data", "row", "num_labels", "train_size"]
"""What the seeds of one point of the grid have in common."""


def column_types() -> dict[str, str]:
    """The columns of `cells_frame`, in their order, and of what type each is, also where all of it is null."""
    texts = dict.fromkeys(("model", "method", "role", "status", "key", "command", *TEXTS, *PROVENANCE), "string")
    types = dict.fromkeys((*metric_columns(), *FLOATS), "float64") | dict.fromkeys(INTEGERS, "Int64") | texts
    types |= dict.fromkeys(("num_labels", "train_size", "seed"), "int64") | {"git_dirty": "boolean"} | options.TYPES
    numbers = (*metric_columns(), *FLOATS, *INTEGERS)
    ordered = (*AXES, "role", "status", *numbers, *TEXTS, *options.TYPES, *PROVENANCE, "git_dirty", "key", "command")
    return {name: types.get(name, "object") for name in ordered}


def cells_frame(
    expected: Sequence[ExpectedCell], found: Mapping[ExpectedCell, CellRecord] | None = None
) -> pd.DataFrame:
    """The records of `expected`: one row a cell, in the same order, columns `column_types`.

    `found` is what `read_records` gave for them; without it they are read here.

    `status` is the record's, `missing` (or `not_needed`) where there is none, `unreadable` (reason in `failure`) where
    there is one that cannot be used. Numbers are null unless the status is `ok`; times are in seconds.
    Answers that were made elsewhere have none of `COSTS`.
    `peak_memory_bytes` is the GPU's peak where it was measured and the process's elsewhere: `peak_memory_of`
    says which; both are null for a cell of a fused stack, whose peak is the whole stack's. `row` and `data` are
    ordered categoricals over the whole grid (see `row_order`), so a part of
    the frame still knows every row, and a row keeps its colour. Equal entries count once.

    Raises ValueError where two cells would be the same point and seed of a figure.
    """
    cells = list(dict.fromkeys(expected))
    _refuse_ambiguous(cells)
    found = read_records(cells) if found is None else found
    types = column_types()
    frame = pd.DataFrame([_line(cell, found[cell]) for cell in cells], columns=list(types), dtype=object)
    frame = frame.astype(types)
    frame["row"] = pd.Categorical(frame["row"], categories=row_order(cells), ordered=True)
    frame["data"] = pd.Categorical(frame["data"], categories=_first_met(cell.data for cell in cells), ordered=True)
    return frame


def row_order(cells: Iterable[ExpectedCell]) -> list[str]:
    """Rows as first met, those without a method (baselines) last."""
    cells = list(cells)
    fitted = (cell.row for cell in cells if cell.method is not None)
    baselines = (cell.row for cell in cells if cell.method is None)
    return _first_met([*fitted, *baselines])


def _first_met(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _refuse_ambiguous(cells: Iterable[ExpectedCell]) -> None:
    """Cells that differ in something other than the axes would pass for seeds of one another."""
    met: dict[tuple[Any, ...], ExpectedCell] = {}
    for cell in cells:
        place = (cell.row, cell.data, cell.num_labels, cell.train_size, cell.seed)
        if (other := met.setdefault(place, cell)) is not cell:
            raise ValueError(
                f"cells {other.key} and {cell.key} are both {cell.row!r} on {cell.data!r} with "
                f"{cell.num_labels} labels, {cell.train_size} training examples and seed {cell.seed}: "
                "give them model or method names that tell them apart"
            )


def _line(cell: ExpectedCell, record: CellRecord) -> dict[str, Any]:
    """One cell's row of the frame; columns that are left out are null."""
    axes = {name: getattr(cell, name) for name in (*AXES, "role", "key", "command")}
    if isinstance(record, UnreadableRecord):
        return axes | {"status": UNREADABLE, "failure": masked(str(record))}
    if record is None:
        return axes | {"status": MISSING if cell.needed else NOT_NEEDED}
    line = axes | {"status": record.status.value} | _provenance(record) | _options(record)
    if record.failure is not None:
        line |= {"failure_type": record.failure.type, "failure": masked(record.failure.message)}
    if record.status is Status.OK and record.measurements is not None:
        line |= _numbers(record.measurements)
        if is_made_elsewhere(record):
            line |= dict.fromkeys(COSTS)
    return line


def _options(record: Record) -> dict[str, Any]:
    """What the cell was trained with; the options that have no column of their own are one text."""
    found = options.hyperparameters(record)
    return found | {
        "other_options": options.options_text(found["other_options"] or {}),
        "label_weights": options.weights_text(found["label_weights"] or {}),
    }


def majority_share(evaluation: Evaluation) -> float | None:
    """The most frequent label's share of the examples: the accuracy of always giving it; None where none is known, or
    an example may have several."""
    if evaluation.label_sets is not None:
        return None
    supports = [each.support for each in evaluation.per_label]
    return max(supports) / sum(supports) if sum(supports) else None


def is_made_elsewhere(record: Record) -> bool:
    """Whether the answers were read of a file (`model=predictions`)."""
    model = record.configuration.identity.get("model")
    return isinstance(model, Mapping) and model.get("family") == "predictions"


def _numbers(measured: Measurements) -> dict[str, Any]:
    return {
        **_scores(measured),
        "train_seconds": measured.seconds.train,
        "total_seconds": measured.seconds.total,
        "energy_joules": measured.energy_joules,
        "kept_features": measured.kept_features,
        "test_examples_per_second": measured.throughput.test_examples_per_second,
        **_peak(measured),
        "trainable_parameters": None if measured.parameters is None else measured.parameters.trainable,
        "num_train": measured.examples.num_train,
        "num_validation": measured.examples.num_validation,
        "num_test": measured.examples.num_test,
        "test_texts_in_training": measured.examples.test_texts_in_training,
        "examples_sha256": measured.examples.sha256,
    }


def _peak(measured: Measurements) -> dict[str, Any]:
    """The most memory that the cell took, and of what; nothing where a whole stack's was measured."""
    if measured.fused is not None:
        return {}
    memory = measured.memory
    if memory.peak_device is not None:
        return {"peak_memory_bytes": memory.peak_device, "peak_memory_of": "device"}
    return {"peak_memory_bytes": memory.peak_process, "peak_memory_of": "process"}


def _scores(measured: Measurements) -> dict[str, float | None]:
    """Everything out of the evaluations, under the names of the frame's columns."""
    test = measured.test
    scores: dict[str, float | None] = {
        **test_metrics(test),
        "test_weighted_precision": test.weighted_precision,
        "test_weighted_recall": test.weighted_recall,
        "test_confidence": test.mean_confidence,
    }
    for prefix, evaluations in (("", measured), ("before_", measured.before)):
        for name in SETS:
            evaluation: Evaluation | None = getattr(evaluations, name, None)
            if evaluation is not None:
                scores |= {f"{prefix}{name}_{part}": evaluation.metric(part) for part in TRAINED}
                scores.setdefault(f"{name}_majority", majority_share(evaluation))
    if measured.before is not None:
        scores["before_test_confidence"] = measured.before.test.mean_confidence
    return scores


def test_metrics(test: Evaluation) -> dict[str, float | None]:
    """Every metric on the test examples, by column.

    Records of before a metric was counted have it from the confusion matrix, where predicted labels are enough.
    """
    scores = {column: test.metric(column.removeprefix(TEST)) for column in metric_columns()}
    unknown = [
        metric
        for name, metric in METRICS.items()
        if name not in (*METRIC_FIELDS, *test.metrics) and not metric.needs_probabilities
    ]
    if unknown and test.confusion_matrix is not None:
        labelled, counts = LabelledPredictions.of_counts(
            test.confusion_matrix, [each.support for each in test.per_label]
        )
        values = {f"{TEST}{metric.name}": float(metric.drawn(labelled, counts)[0]) for metric in unknown}
        scores |= {column: None if math.isnan(value) else value for column, value in values.items()}
    return scores


def with_complement(cells: pd.DataFrame, summary: pd.DataFrame, asked: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells and summary with 1 less the metric that is `asked` for, where rows are compared by that (`COMPLEMENTS`)."""
    column = f"{TEST}{asked}"
    if asked not in COMPLEMENTS or column not in cells:
        return cells, summary
    with_it = cells.assign(**{f"{TEST}{COMPLEMENTS[asked].name}": 1 - cells[column].astype("float64")})
    return with_it, summary_frame(with_it)


def _provenance(record: Record) -> dict[str, Any]:
    source = record.provenance
    versions = {package: source.packages.get(package) for package in PACKAGES}
    names = ("device", "device_name", "model_revision", "data_revision", "python", "git_commit", "git_dirty")
    return versions | {name: getattr(source, name) for name in names}


def summary_frame(cells: pd.DataFrame) -> pd.DataFrame:
    """One row a point of the grid: `POINT`, `n_ok`, `n_expected`, `not_ok`, and each number over the `ok` seeds.

    `<number>_mean` and `<number>_sd` (sample standard deviation, ddof 1; null for one seed) are null where no
    seed is `ok`. `not_ok` names the statuses of the other seeds ("" for none; see `statuses_text`). Cells that are not
    needed are expected nowhere, and named where a point has no others. Numbers that `cells` lack are left out.
    """
    # The nulls of failed cells already keep them out; masking makes it so for any frame that is handed in.
    is_ok = cells["status"] == Status.OK.value
    complements = (f"{TEST}{metric.name}" for metric in COMPLEMENTS.values())
    averaged = [name for name in (*metric_columns(), *complements, *FLOATS, "peak_memory_bytes") if name in cells]
    numbers = cells[averaged].astype("float64").where(is_ok)
    groups = pd.concat([cells[POINT], numbers], axis="columns").groupby(POINT, observed=True)
    means = groups[averaged].mean().add_suffix("_mean")
    deviations = groups[averaged].std(ddof=1).add_suffix("_sd")
    points = cells.assign(is_ok=is_ok).groupby(POINT, observed=True)["is_ok"]
    needed = cells["status"] != NOT_NEEDED
    expected = needed.groupby([cells[name] for name in POINT], observed=True).sum().astype("int64")
    counts = pd.DataFrame({"n_ok": points.sum().astype("int64"), "n_expected": expected, "not_ok": ""})
    left_out = counts["n_expected"] == 0
    counts.loc[left_out, "not_ok"] = NOT_NEEDED
    others = cells[~is_ok & needed].groupby(POINT, observed=True)["status"].agg(statuses_text)
    counts.loc[others.index, "not_ok"] = others
    paired = [f"{name}_{part}" for name in averaged for part in ("mean", "sd")]
    return pd.concat([counts, pd.concat([means, deviations], axis="columns")[paired]], axis="columns").reset_index()


def chance_of(cells: pd.DataFrame, num_labels: int) -> float:
    """The test accuracy of always giving the most frequent label, the middle of one label count's cells: equal
    shares where none is known."""
    known = cells["test_majority"].dropna()
    return guessed_share(num_labels) if known.empty else float(known.median())


def of_metric(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """What a figure of one metric needs of `cells`: it takes hundreds of parts of them, which costs by the column."""
    return cells[[*AXES, "status", "num_test", "test_majority", metric]]


def statuses_text(statuses: Iterable[str]) -> str:
    """The statuses other than `ok`: "oom" where they are all the same, else with counts, "2 oom, 1 missing"."""
    counts = Counter(status for status in statuses if status != Status.OK.value)
    if len(counts) < 2:
        return "".join(counts)
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())
