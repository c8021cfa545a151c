"""What the page shows of a point of the grid when it is opened: its seeds, its mistakes, its commands."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.report.content.parts import point_id
from bench.report.content.wording import (
    UNTRAINED,
    capitalised,
    in_words,
    metric_words,
    number_text,
)
from bench.report.inputs.frame import POINT
from bench.report.inputs.layouts import has_several_labels
from bench.report.inputs.mistakes import Texts, mistakes
from bench.report.inputs.parquet_tables import UnreadableTable
from bench.report.inputs.prediction_store import PredictionStore, UnreadablePredictions
from bench.report.inputs.records import CellRecord, ExpectedCell
from bench.report.statistics.metrics import labels_are
from bench.results.record import Record, Status
from bench.wording import counted, duration

MAX_MISTAKES = 5
"""Of a seed."""
MAX_FILES = 600
"""Predictions files that are read for mistakes; more would make a page that nobody can load."""
TEXT_LENGTH = 400
"""Characters of a text that are shown."""
SHOWN: Mapping[Kind, tuple[str, ...]] = {
    SINGLE_LABEL: ("test_accuracy", "test_macro_f1", "test_loss"),
    MULTI_LABEL: ("test_macro_f1", "test_micro_f1", "test_accuracy", "test_loss"),
}
COLUMNS = (
    *(*POINT, "seed", "status", "key", "command", "failure_type", "failure"),
    *(
        *dict.fromkeys(name for names in SHOWN.values() for name in names),
        "train_seconds",
        "total_seconds",
        "peak_memory_bytes",
    ),
)


def details(
    cells: pd.DataFrame,
    found: Mapping[ExpectedCell, CellRecord],
    library: PredictionStore | None = None,
    texts: Texts | None = None,
) -> dict[str, dict[str, Any]]:
    """What to show of each point of `cells_frame`, by `parts.point_id`; everything is text or null.

    `library` has the predictions that were read already, and `texts` comes to know which texts can't be read.

    Mistakes are those of a point's first finished seed; in a grid of more than `MAX_FILES` points, of those with
    each row's most training examples.
    """
    by_key = {cell.key: (cell, record) for cell, record in found.items()}
    chosen = _with_mistakes(cells)
    made, library, texts = {}, library or PredictionStore(), texts or Texts()
    points: dict[tuple[str, str, int, int], list[Any]] = {}
    lines: Iterable[Any] = cells[list(COLUMNS)].itertuples(index=False)
    for cell in lines:
        points.setdefault((cell.data, cell.row, cell.num_labels, cell.train_size), []).append(cell)
    for place, seeds in points.items():
        kind = _kind(by_key[seed.key][1] for seed in seeds)
        with labels_are(kind):
            point = _facts(seeds, SHOWN[kind])
        first = next((seed for seed in seeds if seed.status == Status.OK.value), None)
        if place in chosen and first is not None:
            point |= _mistakes(*by_key[first.key], library, texts)
        made[point_id(*place)] = point
    return made


def _with_mistakes(cells: pd.DataFrame) -> set[tuple[Any, ...]]:
    """The points whose mistakes are read."""
    points = cells.loc[cells["status"] == Status.OK.value, POINT].drop_duplicates()
    if len(points) > MAX_FILES:
        points = points.sort_values("train_size").drop_duplicates(["data", "row", "num_labels"], keep="last")
    return set(points.head(MAX_FILES).itertuples(index=False, name=None))


def _kind(records: Iterable[CellRecord]) -> Kind:
    several = any(isinstance(record, Record) and has_several_labels(record) for record in records)
    return MULTI_LABEL if several else SINGLE_LABEL


def _facts(each: list[Any], shown: Iterable[str]) -> dict[str, Any]:
    """What the records of a point's seeds say; `each` has the attributes `COLUMNS`."""
    first = each[0]
    size = counted(first.train_size, "training example") if first.train_size else UNTRAINED
    metrics = [name for name in shown if any(pd.notna(getattr(seed, name)) for seed in each)]
    header = ["seed", "status", *(capitalised(metric_words(name)) for name in metrics)]
    lines = [[str(seed.seed), in_words(seed.status), *_numbers(seed, metrics), *_costs(seed)] for seed in each]
    return {
        "title": f"{first.row}: {first.num_labels} labels, {size}",
        "facts": [f"Data: {first.data}."],
        "header": [*header, "training time", "whole cell", "peak memory"],
        "seeds": lines,
        "failures": [_failure(seed) for seed in each if pd.notna(seed.failure)],
        "mistakes": [],
        "about_mistakes": "",
        "commands": [[str(s.seed), str(s.command)] for s in each if pd.notna(s.command)],
    }


def _numbers(seed: Any, metrics: list[str]) -> list[str]:
    values = (getattr(seed, name) for name in metrics)
    return ["" if pd.isna(value) else number_text(value, 4) for value in values]


def _costs(seed: Any) -> list[str]:
    times = ["" if pd.isna(value) else duration(value) for value in (seed.train_seconds, seed.total_seconds)]
    return [*times, "" if pd.isna(seed.peak_memory_bytes) else f"{seed.peak_memory_bytes / 2**30:.2f} GiB"]


def _failure(seed: Any) -> dict[str, str]:
    reason = ": ".join(str(part) for part in (seed.failure_type, seed.failure) if pd.notna(part) and part)
    return {"seed": str(seed.seed), "status": in_words(str(seed.status)), "reason": reason[:2000]}


def _mistakes(cell: ExpectedCell, record: CellRecord, library: PredictionStore, known: Texts) -> dict[str, Any]:
    """The surest mistakes of one record; where its files can't be read, why."""
    assert isinstance(record, Record)
    if record.predictions_file is None:
        return {}
    try:
        answers, confidence = library.of(cell.folder, record), library.confidence(cell.folder, record)
    except UnreadablePredictions as error:
        return {"about_mistakes": f"The predictions of seed {cell.seed} could not be read: {error}"}
    texts, about_texts = _texts(cell, record, known)
    some = mistakes(answers, confidence, texts, MAX_MISTAKES)
    wrong, count = int((answers.correct == 0).sum()), len(answers.test_set)
    several = answers.test_set.has_several
    about = f"Seed {cell.seed} has {counted(wrong, 'mistake')} in {counted(count, 'test example')}."
    if several:
        about = f"Seed {cell.seed} gives {count - wrong:,} of {counted(count, 'test text')} exactly their labels."
        about += " The others by how sure it was of a wrong label, or against a right one." if wrong else ""
    if confidence is None and wrong:
        about += " It gave no probabilities, so these are the first ones."
    about += about_texts
    return {"about_mistakes": about, "mistakes": [_shown(one, cell.seed, several=several) for one in some]}


def _texts(cell: ExpectedCell, record: Record, known: Texts) -> tuple[Mapping[str, str], str]:
    """The texts of the test examples, and why there are none where their file can't be read."""
    try:
        return known.of(cell.folder, record), ""
    except UnreadableTable as error:
        return {}, f" The texts could not be read: {error}."


def _shown(one: Any, seed: int, *, several: bool) -> dict[str, str | None]:
    text = one.text
    if text is not None and len(text) > TEXT_LENGTH:
        text = f"{text[: TEXT_LENGTH - 1]}…"
    sure = "" if one.confidence is None else f"{100 * one.confidence:.1f} % sure"
    said = f"{sure}: " if sure else ""
    said += f"predicted “{one.predicted}”, true label “{one.label}”; seed {seed}"
    if several:
        said = f"given: {one.predicted}; true: {one.label}; {sure} of what is wrong; seed {seed}"
    return {
        "id": one.id,
        "text": text,
        "label": one.label,
        "predicted": one.predicted,
        "said": said,
    }
