"""Showing and writing predictions: a table on the terminal, JSON lines, CSV. Imports nothing heavy."""

import csv
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.box import SIMPLE
from rich.table import Table

from bench.errors import UserError
from bench.escape.sheet import guarded
from bench.escape.terminal import Plain, line
from bench.models.outside import check_outside_models
from bench.predict.inputs import Inputs
from bench.rights import share

if TYPE_CHECKING:
    from bench.methods.fitted import Probabilities

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


def check_output(path: str, columns: Sequence[str], added: Sequence[str], *, force: bool) -> Path:
    """The file to write, which has the columns of the input and those `added`.

    Raises UserError where it is there already, its folder is not, or a column would clash.
    """
    target = Path(path).expanduser()
    if target.suffix.lower() not in FORMATS:
        raise UserError(f"--out {path} must end in one of {', '.join(FORMATS)}")
    if target.is_dir() or not target.parent.is_dir():
        raise UserError(f"--out {path}: {'it is a folder' if target.is_dir() else 'its folder is not there'}")
    check_outside_models(f"--out {path}", target)
    if target.exists() and not force:
        raise UserError(f"--out {path} is there already; --force writes over it")
    if clash := sorted(set(columns) & set(added)):
        raise UserError(f"the input has a column {clash[0]!r} already, which the output adds: rename it")
    return target


def new_columns(labels: Sequence[str]) -> list[str]:
    """What is added to a table's own columns."""
    return ["predicted", "confidence", *(f"probability_{label}" for label in labels)]


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A file to write to, which is at `path` once this ends well, and nowhere else. Raises UserError where the disk
    refuses."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UserError(f"--out {path}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
        share(Path(temporary))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class Csv:
    """CSV: the input's columns, the predicted label, its probability, those of all labels.

    What a spreadsheet would take for a formula has an apostrophe before it, unless texts are wanted `raw`.
    """

    file: TextIO
    labels: Sequence[str]
    delimiter: str = ","
    raw: bool = False

    def begin(self, columns: Sequence[str]) -> None:
        """The names of the columns."""
        safe = str if self.raw else guarded
        self._writer().writerow(map(safe, [*columns, *new_columns(self.labels)]))

    def write(self, inputs: Inputs, probabilities: "Probabilities") -> None:
        """The rows of a block; those without a label have empty cells."""
        safe = str if self.raw else guarded
        names, nothing = [safe(label) for label in self.labels], [""] * (2 + len(self.labels))
        numbers = [[f"{number:.7f}" for number in row] for row in probabilities.tolist()]
        answers = iter(zip(probabilities.argmax(axis=1).tolist(), numbers, strict=True))
        writer = self._writer()
        for place, row in enumerate(inputs.rows):
            if place in inputs.skipped:
                writer.writerow([*map(safe, row), *nothing])
                continue
            best, shown = next(answers)
            writer.writerow([*map(safe, row), names[best], shown[best], *shown])

    def _writer(self) -> Any:
        return csv.writer(self.file, delimiter=self.delimiter, lineterminator="\n")


@dataclass(frozen=True, slots=True)
class Json:
    """One JSON object a line: text, label, its probability, those of all labels."""

    file: TextIO
    labels: Sequence[str]

    def begin(self, columns: Sequence[str]) -> None:
        """Nothing stands above the first object."""

    def write(self, inputs: Inputs, probabilities: "Probabilities") -> None:
        """The objects of a block; a text without a label has null for all that would be said of it."""
        answers = iter(probabilities.tolist())
        for place, text in enumerate(inputs.texts):
            content: dict[str, Any] = {"text": text, "label": None, "confidence": None, "probabilities": None}
            if place not in inputs.skipped:
                one = prediction(next(answers), self.labels)
                content |= {"label": one.label, "confidence": one.confidence, "probabilities": one.probabilities}
            self.file.write(json.dumps(content, ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A table for each block."""

    labels: Sequence[str]

    def begin(self, columns: Sequence[str]) -> None:
        """Each table has a head of its own."""

    def write(self, inputs: Inputs, probabilities: "Probabilities") -> None:
        """The table of a block."""
        console = Plain()
        predictions = [prediction(row, self.labels) for row in probabilities.tolist()]
        console.print(table(inputs, predictions, self.labels, console.width))


Writer = Csv | Json | Terminal


def writer_of(file: TextIO, labels: Sequence[str], *, suffix: str, raw: bool = False) -> Writer:
    """What writes to a file that ends so."""
    if suffix == ".jsonl":
        return Json(file, labels)
    return Csv(file, labels, "\t" if suffix == ".tsv" else ",", raw)


def writer_to_terminal(labels: Sequence[str], *, as_json: bool, raw: bool = False) -> Writer:
    """What prints JSON lines, on a terminal tables, else CSV."""
    if as_json:
        return Json(sys.stdout, labels)
    return Terminal(labels) if sys.stdout.isatty() else Csv(sys.stdout, labels, raw=raw)


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
    answers = iter(zip(predictions, rows, strict=True))
    for place, text in enumerate(inputs.texts):
        shown = " ".join(text.split())
        if place in inputs.skipped:
            made.add_row(line(shown), "", "")
            continue
        entry, cells = next(answers)
        made.add_row(*map(line, (shown, *cells, *([] if apart else [_ranked(entry)]))))
    return made


def _ranked(entry: Prediction) -> str:
    ordered = sorted(entry.probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{label} {number:.3f}" for label, number in ordered)
