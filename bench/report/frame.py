"""From records to tidy tables: one line a cell, and one line a point of the grid (its seeds taken together).

A cell that is not `ok` keeps its line and has no numbers, so nothing downstream can average over it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.results.record import Measurements, Record, Status
from bench.results.store import UnreadableRecord, read

MISSING = "missing"
UNREADABLE = "unreadable"
PACKAGES = ("torch", "transformers", "peft", "scikit-learn")
"""Packages whose versions may change a result."""

FLOATS = (
    "test_accuracy",
    "test_macro_f1",
    "test_weighted_f1",
    "validation_accuracy",
    "train_seconds",
    "total_seconds",
)
INTEGERS = ("peak_memory_bytes", "trainable_parameters", "num_train", "num_validation", "num_test")
AXES = ("row", "model", "method", "data", "num_labels", "train_size", "seed")
TEXTS = ("peak_memory_of", "examples_sha256", "failure_type", "failure")
PROVENANCE = ("device", "device_name", "python", "git_commit", *PACKAGES)
COLUMNS = (*AXES, "status", *FLOATS, *INTEGERS, *TEXTS, *PROVENANCE, "git_dirty", "key")
TYPES = {
    **dict.fromkeys(FLOATS, "float64"),
    **dict.fromkeys(INTEGERS, "Int64"),
    **dict.fromkeys(("model", "method", "status", "key", *TEXTS, *PROVENANCE), "string"),
    **dict.fromkeys(("num_labels", "train_size", "seed"), "int64"),
    "git_dirty": "boolean",
}
"""Said outright, so that a column is of the same type where all of it is null."""
POINT = ["data", "row", "num_labels", "train_size"]
"""What the seeds of one point of the grid have in common."""
AVERAGED = (*FLOATS, "peak_memory_bytes")


@dataclass(frozen=True, slots=True)
class Expected:
    """One cell of the grid, whether or not it ran."""

    folder: Path
    """Where its record is, if it has one."""
    key: str
    model: str
    method: str | None
    data: str
    num_labels: int
    train_size: int
    seed: int

    @property
    def row(self) -> str:
        """The cell's row in figures and tables: model and method; the model alone where it has no method."""
        return self.model if self.method is None else f"{self.model} {self.method}"


def cells_frame(expected: Sequence[Expected]) -> pd.DataFrame:
    """Read the records of `expected`: one row a cell, in the same order, columns `COLUMNS`.

    `status` is the record's, `missing` where there is none, `unreadable` (reason in `failure`) where there is
    one that cannot be used. Numbers are null unless the status is `ok`; times are in seconds.
    `peak_memory_bytes` is the GPU's peak where it was measured and the process's elsewhere: `peak_memory_of`
    says which. `row` and `data` are ordered categoricals over the whole grid (see `row_order`), so a part of
    the frame still knows every row, and a row keeps its colour. Equal entries count once.

    Raises ValueError where two cells would be the same point and seed of a figure.
    """
    cells = list(dict.fromkeys(expected))
    _refuse_ambiguous(cells)
    frame = pd.DataFrame([_line(cell) for cell in cells], columns=list(COLUMNS), dtype=object)
    frame = frame.astype(TYPES)
    frame["row"] = pd.Categorical(frame["row"], categories=row_order(cells), ordered=True)
    frame["data"] = pd.Categorical(frame["data"], categories=_first_met(cell.data for cell in cells), ordered=True)
    return frame


def row_order(cells: Iterable[Expected]) -> list[str]:
    """Rows as first met, those without a method (baselines) last."""
    cells = list(cells)
    fitted = (cell.row for cell in cells if cell.method is not None)
    baselines = (cell.row for cell in cells if cell.method is None)
    return _first_met([*fitted, *baselines])


def _first_met(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _refuse_ambiguous(cells: Iterable[Expected]) -> None:
    """Cells that differ in something other than the axes would pass for seeds of one another."""
    met: dict[tuple[Any, ...], Expected] = {}
    for cell in cells:
        place = (cell.row, cell.data, cell.num_labels, cell.train_size, cell.seed)
        if (other := met.setdefault(place, cell)) is not cell:
            raise ValueError(
                f"cells {other.key} and {cell.key} are both {cell.row!r} on {cell.data!r} with "
                f"{cell.num_labels} labels, {cell.train_size} training examples and seed {cell.seed}: "
                "give them model or method names that tell them apart"
            )


def _line(cell: Expected) -> dict[str, Any]:
    """One cell's row of the frame; columns that are left out are null."""
    axes = {name: getattr(cell, name) for name in AXES} | {"key": cell.key}
    try:
        record = _read_checked(cell)
    except UnreadableRecord as error:
        return axes | {"status": UNREADABLE, "failure": str(error)}
    if record is None:
        return axes | {"status": MISSING}
    line = axes | {"status": record.status.value} | _provenance(record)
    if record.failure is not None:
        line |= {"failure_type": record.failure.type, "failure": record.failure.message}
    if record.status is Status.OK and record.measurements is not None:
        line |= _numbers(record.measurements)
    return line


def _read_checked(cell: Expected) -> Record | None:
    """The cell's own record. Raises UnreadableRecord also for one that says `ok` without numbers, or is another's."""
    record = read(cell.folder)
    if record is None:
        return None
    if record.key != cell.key:
        raise UnreadableRecord(f"the record is another cell's: its key is {record.key}")
    if record.status is Status.OK and record.measurements is None:
        raise UnreadableRecord("the record says ok and has no measurements")
    return record


def _numbers(measured: Measurements) -> dict[str, Any]:
    memory = measured.memory
    on_device = memory.peak_device is not None
    return {
        "test_accuracy": measured.test.accuracy,
        "test_macro_f1": measured.test.macro_f1,
        "test_weighted_f1": measured.test.weighted_f1,
        "validation_accuracy": None if measured.validation is None else measured.validation.accuracy,
        "train_seconds": measured.seconds.train,
        "total_seconds": measured.seconds.total,
        "peak_memory_bytes": memory.peak_device if on_device else memory.peak_process,
        "peak_memory_of": "device" if on_device else "process",
        "trainable_parameters": None if measured.parameters is None else measured.parameters.trainable,
        "num_train": measured.examples.num_train,
        "num_validation": measured.examples.num_validation,
        "num_test": measured.examples.num_test,
        "examples_sha256": measured.examples.sha256,
    }


def _provenance(record: Record) -> dict[str, Any]:
    source = record.provenance
    versions = {package: source.packages.get(package) for package in PACKAGES}
    names = ("device", "device_name", "python", "git_commit", "git_dirty")
    return versions | {name: getattr(source, name) for name in names}


def summary_frame(cells: pd.DataFrame) -> pd.DataFrame:
    """One row a point of the grid: `POINT`, `n_ok`, `n_expected`, `not_ok`, and each number over the `ok` seeds.

    `<number>_mean` and `<number>_sd` (sample standard deviation, ddof 1; null for one seed) are null where no
    seed is `ok`. `not_ok` names the statuses of the other seeds ("" for none; see `statuses_text`).
    """
    # The nulls of failed cells already keep them out; masking makes it so for any frame that is handed in.
    is_ok = cells["status"] == Status.OK.value
    numbers = cells[list(AVERAGED)].astype("float64").where(is_ok)
    groups = pd.concat([cells[POINT], numbers], axis="columns").groupby(POINT, observed=True)
    means = groups[list(AVERAGED)].mean().add_suffix("_mean")
    deviations = groups[list(AVERAGED)].std(ddof=1).add_suffix("_sd")
    statuses = cells.groupby(POINT, observed=True)["status"]
    counts = pd.DataFrame(
        {
            "n_ok": statuses.agg(lambda seeds: int((seeds == Status.OK.value).sum())),
            "n_expected": statuses.size(),
            "not_ok": statuses.agg(statuses_text),
        }
    )
    paired = [f"{name}_{part}" for name in AVERAGED for part in ("mean", "sd")]
    return pd.concat([counts, pd.concat([means, deviations], axis="columns")[paired]], axis="columns").reset_index()


def statuses_text(statuses: Iterable[str]) -> str:
    """The statuses other than `ok`: "oom" where they are all the same, else with counts, "2 oom, 1 missing"."""
    counts = Counter(status for status in statuses if status != Status.OK.value)
    if len(counts) < 2:
        return "".join(counts)
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())
