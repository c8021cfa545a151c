"""Answers made elsewhere, by an outside service say: a CSV file of example id and label, judged as any model is."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.cell import Cell
from bench.config import PredictionsConfig
from bench.data.spelled_lists import list_in
from bench.data.split import Examples, Splits
from bench.errors import ModelChanged, UserError
from bench.escape.sheet import unguarded
from bench.kind import MULTI_LABEL
from bench.methods.decisions import Decided
from bench.methods.fitted import Answers, Context, Summary


@dataclass(slots=True)
class SetsMadeElsewhere:
    """The file's answers by example id where a text may have several labels."""

    summary: Summary
    answers: Mapping[str, str]
    labels: tuple[str, ...]
    separator: str | None

    def predict(self, examples: Examples) -> Decided:
        """The labels that answers for `examples` name; other names count for nothing. Raises KeyError where there is no
        answer."""
        given = np.zeros((len(examples), len(self.labels)), dtype=np.bool_)
        for row, example in enumerate(examples.ids):
            for index in self.indices(self.answers[example]):
                if index is not None:
                    given[row, index] = True
        return Decided(None, given)

    def indices(self, answer: str) -> tuple[int | None, ...]:
        """The label that each name in an answer stands for; None where it is none of the task's."""
        return label_indices(names_in(answer, self.separator), self.labels)


@dataclass(slots=True)
class MadeElsewhere:
    """The file's answers by example id, and the label that each stands for."""

    summary: Summary
    answers: Mapping[str, str]
    labels: tuple[str, ...]

    def predict(self, examples: Examples) -> Answers:
        """The answers for `examples`. Raises KeyError where there is none."""
        given = tuple(self.answers[example] for example in examples.ids)
        return Answers(indices=label_indices(given, self.labels), given=given)


def fit(cell: Cell, splits: Splits, context: Context) -> MadeElsewhere | SetsMadeElsewhere:
    """Read the file and check it against the task's test examples (`check_answers`).

    An answer that is none of the task's labels, or names one that is none, is counted; it is wrong, or the name is left
    out. Raises UserError.
    """
    config = cell.model
    assert isinstance(config, PredictionsConfig)
    answers = read_answers(config)
    check_answers(cell, answers, splits)
    if splits.kind == MULTI_LABEL:
        sets = SetsMadeElsewhere(Summary(model_revision=config.sha256), answers, splits.labels, config.label_separator)
        invalid = sum(None in sets.indices(answers[example]) for example in splits.test.ids)
        sets.summary.choices = {"invalid_answers": invalid}
        return sets
    fitted = MadeElsewhere(Summary(model_revision=config.sha256), answers, splits.labels)
    invalid = sum(index is None for index in fitted.predict(splits.test).indices)
    fitted.summary.choices = {"invalid_answers": invalid}
    return fitted


def check_answers(cell: Cell, answers: Mapping[str, str], splits: Splits) -> None:
    """Raise UserError where the cell's file lacks an answer for a test example, or no answer is a label of the task.

    Ids that are not among the test examples are no matter.
    """
    config = cell.model
    assert isinstance(config, PredictionsConfig)
    if missing := [example for example in splits.test.ids if example not in answers]:
        raise UserError(
            f"model.path={config.path} has no answer for {len(missing)} of the {len(splits.test)} test examples of "
            f"{cell.task.data.name}, the first one is {missing[0]!r} (model.id_column={config.id_column}; "
            "`python -m bench.export` writes the examples)"
        )
    given = tuple(dict.fromkeys(answers[example] for example in splits.test.ids))
    if splits.kind == MULTI_LABEL:
        given = tuple(name for answer in given for name in names_in(answer, config.label_separator))
    if all(index is None for index in label_indices(given, splits.labels)):
        raise UserError(
            f"model.path={config.path}: no answer is a label of {cell.task.data.name} (they are "
            f"{', '.join(splits.labels)}; model.label_column={config.label_column} holds {', '.join(given[:3])}, ...)"
        )


def read_answers(config: PredictionsConfig) -> dict[str, str]:
    """The file's labels by example id, as they are written. Raises UserError."""
    path = Path(config.path).expanduser()
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != config.sha256:
            raise ModelChanged(f"model.path={config.path} was changed since this cell was planned; start again")
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    except (OSError, ValueError, csv.Error) as error:  # no row, or not in UTF-8: ValueErrors
        raise UserError(f"model.path={config.path} is no CSV file with a header: {error}") from error
    for option in ("id_column", "label_column"):
        if (name := getattr(config, option)) not in header:
            raise UserError(
                f"model.{option}={name} is no column of model.path={config.path}; columns are {', '.join(header)}"
            )
    where = header.index(config.id_column), header.index(config.label_column)
    answers: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if not row:
            continue  # an empty line
        if len(row) != len(header):
            raise UserError(
                f"model.path={config.path}: row {number} has {len(row)} values for {len(header)} columns "
                "(a comma in a value needs quotes)"
            )
        example, label = (row[place] for place in where)
        if example in answers:
            raise UserError(f"model.path={config.path} gives the id {example!r} twice or more")
        answers[example] = label
    # `bench.export` puts an apostrophe before an id that a spreadsheet would take for a formula
    return {unguarded(example): label for example, label in answers.items()} | answers


def names_in(answer: str, separator: str | None) -> list[str]:
    """The labels that an answer names: as a list that it spells out, between separators, or the only one."""
    if (listed := list_in(answer)) is not None:
        return listed
    parts = [answer] if separator is None else answer.split(separator)
    return [part.strip() for part in parts if part.strip()]


def label_indices(given: Sequence[str], labels: Sequence[str]) -> tuple[int | None, ...]:
    """The label that each answer stands for, by name; case and white space around it don't matter.

    None where it is none of `labels`, or, but for case, several.
    """
    exact = {label: index for index, label in enumerate(labels)}
    folded: dict[str, int | None] = {}
    for label, index in exact.items():
        key = label.strip().casefold()
        folded[key] = None if key in folded else index
    read = {answer: answer if answer in exact else unguarded(answer) for answer in given}
    return tuple(exact.get(read[answer], folded.get(read[answer].strip().casefold())) for answer in given)
