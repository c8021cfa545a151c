"""How much work a cell is against others of its sweep, guessed from its configuration alone."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from bench.cell import Cell
from bench.config import MethodConfig, TrainingConfig, TuneConfig
from bench.config.method.base import Method

JUDGED = 1000.0
"""Test examples of a cell, about."""
BASELINE = 20.0
"""A cell without a transformer, in forward passes of an example."""
_METHOD, _TRAINING, _TUNE = TypeAdapter[Method](MethodConfig), TypeAdapter(TrainingConfig), TypeAdapter(TuneConfig)


def relative_cost(cell: Cell) -> float:
    """Forward passes of an example through the model, about (`Method.work`).

    Good enough to say how far along a sweep is, not how long it takes: models of different size count alike, for a
    sweep does them one after the other and learns the pace anew.
    """
    if cell.method is None:
        return BASELINE * _fits(cell.tune)
    return _cost(cell.method, cell.training, cell.tune, cell.task.train_size, cell.task.num_labels)


def recorded_cost(identity: Mapping[str, Any]) -> float:
    """`relative_cost` of the cell with this `identity`, as its record keeps it.

    One that no cell of this program has counts as a baseline.
    """
    try:
        tune = _TUNE.validate_python(identity["tune"]) if identity.get("tune") is not None else None
        if identity.get("method") is None:
            return BASELINE * _fits(tune)
        method = _METHOD.validate_python(identity["method"])
        training = _TRAINING.validate_python(identity["training"]) if identity.get("training") is not None else None
        task = identity["task"]
        cost = _cost(method, training, tune, task.get("train_size", 0), task.get("num_labels", 2))
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return BASELINE
    return cost if 0 < cost < math.inf else BASELINE


def _cost(
    method: Method, training: TrainingConfig | None, tune: TuneConfig | None, train_size: int, num_labels: int
) -> float:
    work = method.work(train_size, training)
    if not work.examples:
        return _fits(tune) * (JUDGED * method.judging(num_labels) + train_size)
    return _fits(tune) * (work.passes * work.examples + JUDGED) + JUDGED


def _fits(tune: TuneConfig | None) -> int:
    return tune.fits if tune else 1
