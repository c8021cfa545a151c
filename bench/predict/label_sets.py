"""Showing and writing what a model says that gives a text any number of labels: its labels, and all probabilities."""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from rich.box import SIMPLE
from rich.table import Table

from bench.escape.sheet import guarded
from bench.escape.terminal import Plain, line
from bench.models.kept import KeptModel
from bench.predict.inputs import Inputs

if TYPE_CHECKING:
    from bench.methods.decisions import Decision
    from bench.methods.fitted import Probabilities

NONE = "(none)"
"""Stands on the terminal where a text is given no label."""


def new_columns_of_sets(labels: Sequence[str]) -> list[str]:
    """What is added to a table's own columns."""
    return ["predicted", *(f"probability_{label}" for label in labels)]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which of its labels a text is given."""

    labels: Sequence[str]
    decision: "Decision"

    @classmethod
    def of(cls, kept: KeptModel) -> "Rule":
        """Which a kept model gives: by its thresholds, or as many as it always gives."""
        from bench.methods.decisions import Decision

        return cls(kept.labels, Decision(kept.label_thresholds, kept.top_k))

    def names(self, probabilities: "Probabilities") -> list[list[str]]:
        """Of each text the labels that it is given, the most probable one first."""
        given = self.decision.given(probabilities)
        return [
            [self.labels[label] for label in sorted(has.nonzero()[0].tolist(), key=lambda label: -row[label])]
            for row, has in zip(probabilities, given, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class CsvOfSets:
    """CSV: the input's columns, the labels as a list in JSON (`["anger", "joy"]`, `[]`), all probabilities.

    A column like that is read as labels by `task=multi_label`.
    """

    file: TextIO
    rule: Rule
    delimiter: str = ","
    raw: bool = False

    def begin(self, columns: Sequence[str]) -> None:
        """The names of the columns."""
        safe = str if self.raw else guarded
        self._writer().writerow(map(safe, [*columns, *new_columns_of_sets(self.rule.labels)]))

    def write(self, inputs: Inputs, probabilities: "Probabilities") -> None:
        """The rows of a block; those that were skipped have empty cells."""
        safe = str if self.raw else guarded
        answers = zip(self.rule.names(probabilities), probabilities.tolist(), strict=True)
        writer = self._writer()
        for place, row in enumerate(inputs.rows):
            if place in inputs.skipped:
                writer.writerow([*map(safe, row), *[""] * (1 + len(self.rule.labels))])
                continue
            names, numbers = next(answers)
            given = json.dumps(names, ensure_ascii=False)
            writer.writerow([*map(safe, row), given, *(f"{number:.7f}" for number in numbers)])

    def _writer(self) -> Any:
        return csv.writer(self.file, delimiter=self.delimiter, lineterminator="\n")


@dataclass(frozen=True, slots=True)
class JsonOfSets:
    """One JSON object a line: text, labels, all probabilities."""

    file: TextIO
    rule: Rule

    def begin(self, columns: Sequence[str]) -> None:
        """Nothing stands above the first object."""

    def write(self, inputs: Inputs, probabilities: "Probabilities") -> None:
        """The objects of a block; a text that was skipped has null for all that would be said of it."""
        answers = zip(self.rule.names(probabilities), probabilities.tolist(), strict=True)
        for place, text in enumerate(inputs.texts):
            content: dict[str, Any] = {"text": text, "labels": None, "probabilities": None}
            if place not in inputs.skipped:
                names, numbers = next(answers)
                content |= {"labels": names, "probabilities": dict(zip(self.rule.labels, numbers, strict=True))}
            self.file.write(json.dumps(content, ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class TerminalOfSets:
    """A table for each block: text, and its labels with their probabilities."""

    rule: Rule

    def begin(self, columns: Sequence[str]) -> None:
        """Each table has a head of its own."""

    def write(self, inputs: Inputs, probabilities: "Probabilities") -> None:
        """The table of a block."""
        console = Plain()
        made = Table(box=SIMPLE)
        made.add_column("text", overflow="ellipsis", no_wrap=True, max_width=max(20, console.width // 2))
        made.add_column("labels", style="bold")
        answers = zip(self.rule.names(probabilities), probabilities.tolist(), strict=True)
        for place, text in enumerate(inputs.texts):
            said = "" if place in inputs.skipped else self._said(*next(answers))
            made.add_row(line(" ".join(text.split())), line(said))
        console.print(made)

    def _said(self, names: Sequence[str], numbers: Sequence[float]) -> str:
        shares = dict(zip(self.rule.labels, numbers, strict=True))
        return ", ".join(f"{name} {shares[name]:.3f}" for name in names) or NONE


WriterOfSets = CsvOfSets | JsonOfSets | TerminalOfSets


def writer_of_sets(file: TextIO, rule: Rule, *, suffix: str, raw: bool = False) -> WriterOfSets:
    """What writes to a file that ends so."""
    if suffix == ".jsonl":
        return JsonOfSets(file, rule)
    return CsvOfSets(file, rule, "\t" if suffix == ".tsv" else ",", raw)


def terminal_of_sets(rule: Rule, *, as_json: bool, raw: bool = False) -> WriterOfSets:
    """What prints JSON lines, on a terminal tables, else CSV."""
    if as_json:
        return JsonOfSets(sys.stdout, rule)
    return TerminalOfSets(rule) if sys.stdout.isatty() else CsvOfSets(sys.stdout, rule, raw=raw)
