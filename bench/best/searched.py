"""The hyperparameters that a row's searches found, for one more training: those of one seed, for they go together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.cell import Cell
from bench.config.tune import with_values
from bench.escape.literals import option_value
from bench.metrics.table import EVERY, LOSS
from bench.results.record import Record

Searched = tuple[Cell, Record]


def of_best_search(finished: Sequence[Searched]) -> tuple[list[Searched], Cell, str]:
    """The cell whose search had the best score on validation, as it was trained in the end, with its record; the first
    cell with these hyperparameters; and what was chosen, in words.

    The seeds' searches found configurations of their own: a median over each option would be none of them.
    """
    cell, record = max(finished, key=lambda pair: _merit(pair[1]))
    choices = _choices(record)
    values, metric = choices["hyperparameters"], EVERY[_metric_of(choices)]
    said = ", ".join(f"{name}={option_value(value)}" for name, value in values.items())
    scores = [_scores(each)[0] for _, each in finished]
    others = f", the best of {len(finished)} seeds" if len(finished) > 1 else ""
    known = [score for score in scores if score is not None]
    best = (max if metric.higher_is_better else min)(known, default=None)
    score = "" if best is None else f": {metric.label} {best:.3f} on validation{others}"
    chosen = f"{said} (the search of seed {cell.task.seed}{score})"
    return [(_chosen(cell, values), record)], _chosen(finished[0][0], values), chosen


def _chosen(cell: Cell, values: Mapping[str, Any]) -> Cell:
    made: Cell = replace(with_values(cell, values), tune=None)
    return made


def _merit(record: Record) -> tuple[float, float]:
    score, loss = _scores(record)
    return EVERY[_metric_of(_choices(record))].merit(score, float("inf") if loss is None else loss)


def _scores(record: Record) -> tuple[float | None, float | None]:
    """The validation score of the trial that was chosen, and its loss."""
    choices = _choices(record)
    trial = next(each for each in choices["trials"] if each["parameters"] == choices["hyperparameters"])
    return trial.get(choices["chosen_by"]), trial.get(f"validation_{LOSS}")


def _metric_of(choices: Mapping[str, Any]) -> str:
    return str(choices["chosen_by"]).removeprefix("validation_")


def _choices(record: Record) -> dict[str, Any]:
    assert record.measurements is not None
    return record.measurements.choices
