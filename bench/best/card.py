"""The card of a model that was trained on all rows: what to expect of it, and where that is from."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from bench.best.choose import Choice
from bench.best.settle import Settled
from bench.config.thresholds import threshold_metric
from bench.kind import SINGLE_LABEL
from bench.metrics.table import COMPARED
from bench.models.card import data_source, hyperparameters, template, usage
from bench.models.header import SHOWN, Scores, as_yaml, header
from bench.models.kept import KeptModel
from bench.models.refitted import Refitted
from bench.results.record import Record
from bench.results.scores import Evaluation
from bench.running.provenance import packages
from bench.wording import counted

MEANS = ("precision", "recall", "f1")
MAX_MATRIX = 30
"""Labels of a confusion matrix that is shown."""


def refit_card(
    choice: Choice, settled: Settled, kept: KeptModel, made: Refitted, *, choices: dict[str, Any], why: Sequence[str]
) -> str:
    """The card in Markdown. `choices` are those that fitting made, `why` the reasons for the row."""
    cell, records = settled.cell, [record for _, record in choice.finished]
    tests = [_test(record) for record in records]
    metrics = COMPARED[kept.kind]
    metric, score = metrics[choice.answer.standing.metric], choice.score
    shown = dict.fromkeys((metric.name, *SHOWN[kept.kind]))
    means = {name: fmean(found) for name in shown if (found := _values(tests, name))}
    examples = _measured(records[0]).examples
    behind = f"mean of {counted(len(records), 'cell')}, trained on {examples.num_train} examples each"
    seeds = [found.task.seed for found, _ in choice.finished]
    scores = Scores(row=choice.row, values=means, seeds=seeds, of=behind)
    return template("refit.md.j2").render(
        header=as_yaml(header(kept, records[0], scores)),
        cell=cell,
        kept=kept,
        made=made,
        row=choice.row,
        learns=cell.approach.learns,
        metric=metric.label,
        score=score,
        means=[(metrics[name].label, value) for name, value in means.items()],
        seeds=seeds,
        first=records[0],
        examples=examples,
        per_label=_per_label(tests),
        matrix=_matrix(tests) if kept.kind == SINGLE_LABEL and len(kept.labels) <= MAX_MATRIX else None,
        why=why,
        data_source=data_source(cell.task.data),
        hyperparameters=hyperparameters(cell, choices),
        threshold_metric=threshold_metric(cell.training or cell.approach, kept.kind),
        packages=packages(),
        **usage(kept, choices),
    )


def _values(tests: Sequence[Evaluation], name: str) -> list[float]:
    """A metric of all cells; none where it was not measured for each."""
    values = [value for test in tests if (value := test.metric(name)) is not None]
    return values if len(values) == len(tests) else []


def _per_label(tests: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """Of each label: mean precision, recall and F1 over the cells, and its test examples in the first."""
    return [
        {
            "label": first.label,
            "support": first.support,
            **{name: fmean([getattr(test.per_label[i], name) for test in tests]) for name in MEANS},
        }
        for i, first in enumerate(tests[0].per_label)
    ]


def _matrix(tests: Sequence[Evaluation]) -> list[list[int]]:
    """Counts of all cells together: lines are true labels, columns predicted ones."""
    size = len(tests[0].per_label)
    matrices = [test.confusion_matrix for test in tests if test.confusion_matrix is not None]
    return [[sum(matrix[line][column] for matrix in matrices) for column in range(size)] for line in range(size)]


def _measured(record: Record) -> Any:
    assert record.measurements is not None
    return record.measurements


def _test(record: Record) -> Evaluation:
    found: Evaluation = _measured(record).test
    return found
