"""The card of a model that was trained on all rows: what to expect of it, and where that is from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from bench.best.choose import Choice
from bench.best.settle import Settled
from bench.config import DataConfig, TransformerConfig
from bench.config.thresholds import threshold_metric
from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.metrics.table import BY_KIND
from bench.models.card import data_source, hyperparameters, template, usage
from bench.models.kept import KeptModel
from bench.models.refitted import Refitted
from bench.results.record import Record
from bench.results.scores import Evaluation
from bench.running.provenance import packages
from bench.wording import counted

SHOWN: Mapping[Kind, Sequence[str]] = {
    SINGLE_LABEL: ("accuracy", "macro_f1", "weighted_f1"),
    MULTI_LABEL: ("accuracy", "macro_f1", "micro_f1", "lrap"),
}
LICENCES = {
    "apache-2.0": "apache-2.0",
    "mit": "mit",
    "gemma terms of use": "gemma",
    "llama 3.2 community license": "llama3.2",
}
"""Licences of models by the name that the hub has for them."""
MEANS = ("precision", "recall", "f1")
MAX_MATRIX = 30
"""Labels of a confusion matrix that is shown."""


@dataclass(frozen=True, slots=True)
class Front:
    """What the hub reads of a card."""

    name: str
    licence: dict[str, str]
    dataset: str | None
    """Its id on the hub."""
    metrics: Sequence[dict[str, Any]]


def refit_card(
    choice: Choice, settled: Settled, kept: KeptModel, made: Refitted, *, choices: dict[str, Any], why: Sequence[str]
) -> str:
    """The card in Markdown. `choices` are those that fitting made, `why` the reasons for the row."""
    cell, records = settled.cell, [record for _, record in choice.finished]
    tests = [_test(record) for record in records]
    metrics = BY_KIND[kept.kind]
    metric, score = metrics[choice.answer.standing.metric], choice.score
    shown = dict.fromkeys((metric.name, *SHOWN[kept.kind]))
    means = {name: fmean(found) for name in shown if (found := _values(tests, name))}
    examples = _measured(records[0]).examples
    behind = f"mean of {counted(len(records), 'cell')}, trained on {examples.num_train} examples each"
    front = Front(
        name=f"{choice.row} on {cell.task.data.name}",
        licence=licence(kept),
        dataset=_hub_id(cell.task.data),
        metrics=[
            {"type": _hub_name(name), "name": f"{metrics[name].label}, {behind}", "value": value}
            for name, value in means.items()
        ],
    )
    return template("refit.md.j2").render(
        front=front,
        folder=".",
        cell=cell,
        kept=kept,
        made=made,
        row=choice.row,
        learns=cell.approach.learns,
        metric=metric.label,
        score=score,
        means=[(metrics[name].label, value) for name, value in means.items()],
        seeds=[found.task.seed for found, _ in choice.finished],
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


def licence(kept: KeptModel) -> dict[str, str]:
    """The licence as the hub has it: that of the base model; of a model without one nothing is known."""
    if not isinstance(kept.model, TransformerConfig) or not kept.model.licence:
        return {"license": "unknown"}
    known = LICENCES.get(kept.model.licence.lower())
    return {"license": known} if known else {"license": "other", "license_name": kept.model.licence}


def _hub_id(data: DataConfig) -> str | None:
    is_one = data.source == "hub" and data.id is not None and re.fullmatch(r"[\w.-]+(/[\w.-]+)?", data.id, re.ASCII)
    return data.id if is_one else None


def _hub_name(metric: str) -> str:
    """What the hub calls a metric."""
    return "f1" if metric in ("macro_f1", "weighted_f1") else metric


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
