"""Showing and writing predictions: a table on the terminal, JSON lines, CSV. Imports nothing heavy."""

import csv
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rich.box import SIMPLE
from rich.table import Table

from bench.errors import UserError
from bench.escape.sheet import guarded
from bench.escape.terminal import Plain, line
from bench.predict.texts import Inputs
from bench.rights import share

FORMATS = (".csv", ".tsv", ".jsonl")
WIDEST = 8
"""Labels up to which each has a column of its own on the terminal."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one text."""

    label: str
    confidence: float
    """The label's probability."""
    probabilities: dict[str, float]
    """Of every label, in the model's order."""


def prediction(row: Sequence[float], labels: Sequence[str]) -> Prediction:
    """From one row of probabilities."""
    probabilities = dict(zip(labels, map(float, row), strict=True))
    label = max(probabilities, key=lambda name: probabilities[name])
    return Prediction(label, probabilities[label], probabilities)


def check_output(path: str, columns: Sequence[str], labels: Sequence[str], *, force: bool) -> Path:
    """The file to write. Raises UserError where it is there already, its folder is not, or a column would clash."""
    target = Path(path).expanduser()
    if target.suffix.lower() not in FORMATS:
        raise UserError(f"--out {path} must end in one of {', '.join(FORMATS)}")
    if target.is_dir() or not target.parent.is_dir():
        raise UserError(f"--out {path}: {'it is a folder' if target.is_dir() else 'its folder is not there'}")
    if target.exists() and not force:
        raise UserError(f"--out {path} is there already; --force writes over it")
    if clash := sorted(set(columns) & set(new_columns(labels))):
        raise UserError(f"the input has a column {clash[0]!r} already, which the output adds: rename it")
    return target


def new_columns(labels: Sequence[str]) -> list[str]:
    """What is added to a table's own columns."""
    return ["predicted", "confidence", *(f"probability_{label}" for label in labels)]


def write_file(
    path: Path, inputs: Inputs, predictions: Iterable[Prediction], labels: Sequence[str], *, raw: bool = False
) -> None:
    """Write the input's columns with the predictions; whole or not at all. Raises UserError where the disk refuses."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UserError(f"--out {path}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".jsonl":
                write_json(file, inputs, predictions)
            else:
                delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
                write_table(file, inputs, predictions, labels, delimiter, raw=raw)
        share(Path(temporary))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_table(
    file: TextIO,
    inputs: Inputs,
    predictions: Iterable[Prediction],
    labels: Sequence[str],
    delimiter: str = ",",
    *,
    raw: bool = False,
) -> None:
    """CSV: the input's columns, the predicted label, its probability, those of all labels.

    What a spreadsheet would take for a formula has an apostrophe before it, unless texts are wanted `raw`.
    """
    safe = str if raw else guarded
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow(map(safe, [*inputs.columns, *new_columns(labels)]))
    for row, made in zip(inputs.rows, predictions, strict=True):
        numbers = (made.confidence, *made.probabilities.values())
        writer.writerow([*map(safe, (*row, made.label)), *(f"{number:.7f}" for number in numbers)])


def write_json(file: TextIO, inputs: Inputs, predictions: Iterable[Prediction]) -> None:
    """One JSON object a line."""
    for text, made in zip(inputs.texts, predictions, strict=True):
        content: dict[str, Any] = {"text": text, "label": made.label, "confidence": made.confidence}
        file.write(json.dumps(content | {"probabilities": made.probabilities}, ensure_ascii=False) + "\n")


def show(
    inputs: Inputs, predictions: Iterable[Prediction], labels: Sequence[str], *, as_json: bool, raw: bool = False
) -> None:
    """Print JSON lines, on a terminal a table, else CSV."""
    if as_json:
        write_json(sys.stdout, inputs, predictions)
    elif sys.stdout.isatty():
        console = Plain()
        console.print(table(inputs, list(predictions), labels, console.width))
    else:
        write_table(sys.stdout, inputs, predictions, labels, raw=raw)


def table(inputs: Inputs, predictions: Sequence[Prediction], labels: Sequence[str], width: int) -> Table:
    """Text, label, confidence and all probabilities; texts are cut so that the rest fits into `width` characters."""
    apart = len(labels) <= WIDEST
    headers = ["label", "confidence", *(labels if apart else ["probabilities"])]
    rows = [
        [entry.label, f"{entry.confidence:.3f}", *([f"{n:.3f}" for n in entry.probabilities.values()] if apart else [])]
        for entry in predictions
    ]
    taken = sum(max(map(len, column)) + 3 for column in zip(headers[: len(rows[0])], *rows, strict=True))
    made = Table(box=SIMPLE)
    room = max(20, width - taken - 4) if apart else 40
    made.add_column("text", overflow="ellipsis", no_wrap=True, max_width=room)
    for number, header in enumerate(headers):
        made.add_column(
            line(header), justify="right" if number and apart else "left", style="dim" if number > 1 else "bold"
        )
    for text, entry, cells in zip(inputs.texts, predictions, rows, strict=True):
        made.add_row(*map(line, (" ".join(text.split()), *cells, *([] if apart else [_ranked(entry)]))))
    return made


def _ranked(entry: Prediction) -> str:
    ordered = sorted(entry.probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{label} {number:.3f}" for label, number in ordered)
