"""What validation chose in the cells of a row, for one more training on all of their examples."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.best.decided import CHOICE, decision, label_weights
from bench.best.searched import of_best_search
from bench.cell import Cell
from bench.config.method.base import has_option
from bench.config.model.tfidf import TfidfModel
from bench.kind import MULTI_LABEL
from bench.methods.decisions import Decision
from bench.methods.fitted import Refit
from bench.results.measurements import Measurements
from bench.results.record import Record
from bench.running.steps import steps_per_epoch

Finished = Sequence[tuple[Cell, Record]]
"""The `ok` cells of a row at one place, by seed."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A training without validation."""

    cell: Cell
    """As it is trained; it is none of the grid's, and has no record."""
    refit: Refit
    label_weights: tuple[float, ...] | None
    """In the order of the labels (`training.thresholds`)."""
    decision: Decision | None
    """By which texts are given labels where they may have several."""
    chosen: dict[str, str]
    """What validation chose, and in which cells, in words."""


def settle(finished: Finished, num_rows: int) -> Settled:
    """How the row of `finished` is trained on `num_rows` examples, with the first of the seeds.

    What was chosen from a few values is the median of the seeds' choices (the lower one of two); the number of epochs
    is the median over the seeds of that learning rate. What a search found is that of one seed, with all else that this
    seed chose.
    """
    cell, chosen, refit = finished[0][0], dict[str, str](), Refit()
    if cell.tune is not None and cell.tune.search:
        finished, cell, chosen["hyperparameters"] = of_best_search(finished)
    cell = replace(cell, task=replace(cell.task, train_size=num_rows), tune=None)
    measured = [_measured(record) for _, record in finished]
    if cell.training is not None:
        cell, refit = _training(cell, finished, chosen)
    strengths = [each.choices["C"] for each in measured if "C" in each.choices]
    if strengths and has_option(cell.approach, "C"):
        strength = statistics.median_low(strengths)
        cell = _with_approach(cell, C=(strength,))
        chosen["C"] = f"{strength:g} ({_of_seeds(strengths)})"
    kinds = [each.choices.get("analyzer") for each in measured]
    if isinstance(cell.model, TfidfModel) and kinds[0] in ("word", "char") and len(set(kinds)) == 1:
        cell = replace(cell, model=replace(cell.model, analyzer=kinds[0]))
    temperatures = [each.choices["temperature"] for each in measured if "temperature" in each.choices]
    if temperatures:
        refit = replace(refit, temperature=statistics.geometric_mean(temperatures))
        chosen["temperature"] = f"{refit.temperature:.4g} (the geometric mean of {_of_seeds(temperatures)})"
    if cell.task.kind == MULTI_LABEL:
        rule = decision(measured)
        if any(CHOICE in each.choices for each in measured):
            chosen["labels of a text"] = _rule_text(rule)
        return Settled(cell, refit, None, rule, chosen)
    weights = label_weights(measured)
    if weights is not None:
        chosen["label weights"] = "the geometric means of those of the seeds"
    return Settled(cell, refit, weights, None, chosen)


def _rule_text(rule: Decision) -> str:
    if rule.top_k is not None:
        return f"the {rule.top_k} most probable ones, the median of the seeds' numbers"
    return "those above thresholds that are the medians of the seeds' thresholds"


def _training(cell: Cell, finished: Finished, chosen: dict[str, str]) -> tuple[Cell, Refit]:
    """The schedule of the cells at the rate that was chosen, and where it ends."""
    assert cell.training is not None
    rates = [_rate(each, record) for each, record in finished]
    rate = statistics.median_low(rates)
    if finished[0][0].tune is not None:
        chosen["learning rate"] = f"{rate:g} ({_of_seeds(rates)})"
    alike = [pair for pair, own in zip(finished, rates, strict=True) if own == rate]
    passes = [_epochs(each, _measured(record)) for each, record in alike]
    epochs = statistics.median(best for best, _ in passes)
    planned = max(statistics.median(whole for _, whole in passes), epochs)
    chosen["epochs"] = (
        f"{epochs:.3g} of a schedule of {planned:.3g} (best on validation: {_of_seeds([best for best, _ in passes])})"
    )
    training = replace(
        cell.training,
        learning_rate=rate,
        num_train_epochs=planned,
        min_steps=0,
        early_stopping_patience=None,
        eval_steps=None,
        evaluate_train=False,
    )
    return replace(cell, training=training), Refit(epochs=epochs)


def _rate(cell: Cell, record: Record) -> float:
    """The learning rate that a cell was trained at in the end."""
    assert cell.training is not None
    found = _measured(record).choices.get("learning_rate", cell.training.learning_rate)
    assert found is not None
    return float(found)


def _epochs(cell: Cell, measured: Measurements) -> tuple[float, float]:
    """Passes over the training examples whose weights were kept, and those that the schedule has."""
    assert cell.training is not None
    assert measured.training is not None
    training = measured.training
    each = steps_per_epoch(cell.training, measured.examples.num_train)
    best = training.steps if training.best_step is None else training.best_step
    return best / each, training.max_steps / each


def _with_approach(cell: Cell, **options: Any) -> Cell:
    """`cell` with other options of its method, or of its model where that is one by itself."""
    approach: Any = replace(cell.approach, **options)  # type: ignore[type-var]
    return replace(cell, model=approach) if cell.method is None else replace(cell, method=approach)


def _measured(record: Record) -> Measurements:
    assert record.measurements is not None
    return record.measurements


def _of_seeds(values: Sequence[float]) -> str:
    """ "seeds chose 1, 3, 3"."""
    said = ", ".join(f"{value:.3g}" for value in values)
    return f"the seed chose {said}" if len(values) == 1 else f"seeds chose {said}"
