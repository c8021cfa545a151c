"""Records as data frames: a line a cell, or a line an example."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UserError, said
from bench.report.inputs.records import CellRecord, ExpectedCell
from bench.results import store
from bench.results.record import Record

if TYPE_CHECKING:
    import pandas as pd

EXAMPLE_COLUMNS = ("key", "split", "id", "label", "predicted", "correct")


def load_results(folder: str | Path = "results", *, examples: bool = False) -> "pd.DataFrame":
    """The records below a folder of results: of all experiments, or of a data set, a row or a cell in it.

    One line a cell, with the columns and types of `results.csv` (`bench.report.inputs.frame.column_types`): numbers are
    null unless the status is `ok`, times are in seconds, memory is in bytes, scores of shares are between 0 and 1.

    With `examples` one line for each example that a cell predicted: the cell's key, split, id, true label, predicted
    label (lists where texts have several), whether they are the same, and `probabilities` in the order of `labels`;
    null where there are none. Cells without predictions have no lines. Raises UserError where there are no records.
    """
    from bench.report.inputs.record_rows import cells_of
    from bench.report.inputs.record_sets import RecordSet, read_set

    found, _ = cells_of(read_set(Path(folder), "folder", "left out"), RecordSet())
    return examples_frame(found) if examples else frame_of(found)


def frame_of(found: Mapping[ExpectedCell, CellRecord]) -> "pd.DataFrame":
    """A line a cell."""
    from bench.report.inputs.frame import cells_frame

    return cells_frame(list(found), found)


def examples_frame(found: Mapping[ExpectedCell, CellRecord]) -> "pd.DataFrame":
    """A line an example. Raises UserError where predictions are damaged or gone."""
    import pandas as pd

    parts = [_examples(cell.folder, record) for cell, record in found.items() if isinstance(record, Record)]
    parts = [part for part in parts if part is not None]
    if not parts:
        return pd.DataFrame(columns=[*EXAMPLE_COLUMNS, "probabilities", "labels"])
    frame = pd.concat(parts, ignore_index=True)
    return frame.astype({"key": "category", "split": "category", "correct": "boolean"})


def _examples(folder: Path, record: Record) -> "pd.DataFrame | None":
    try:
        frame = store.read_predictions(folder, record)
    except (OSError, store.Damaged) as error:
        raise UserError(f"the predictions of {record.key} cannot be read: {said(error)}") from error
    if frame is None or record.measurements is None:
        return None
    import pandas as pd

    labels = [_comparable(value) for value in frame["label"]]
    given = [_comparable(value) for value in frame["predicted"]]
    correct = [None if value is None else value == label for label, value in zip(labels, given, strict=True)]
    frame = frame.assign(key=record.key, correct=pd.array(correct, dtype="boolean"))
    frame["labels"] = [tuple(record.measurements.examples.labels)] * len(frame)
    return frame[[*EXAMPLE_COLUMNS, "probabilities", "labels"]]


def _comparable(value: object) -> object:
    """A label, or the set of several; None for no prediction."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):  # pandas' null
        return None
    return frozenset(value)  # type: ignore[call-overload]
