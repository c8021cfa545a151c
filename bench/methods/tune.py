"""Trying learning rates within a cell, on validation alone, so that no model suffers from a rate that suits another."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.cell import Cell
from bench.data.split import Splits
from bench.methods.fitted import Context, Diverged, Fitted
from bench.methods.metrics import evaluate
from bench.metrics.table import ACCURACY, EVERY, LOSS


def fit_tuned(cell: Cell, splits: Splits, context: Context, fit: Callable[[Cell, Splits, Context], Fitted]) -> Fitted:
    """Fit `cell` once for each learning rate of `cell.tune` and return the best on validation.

    The best is so by `training.best_metric`; of equal ones the one with the lower loss wins. All tries are in the
    result's `choices`, and its training seconds count all of them. A try that diverges is passed over; raises Diverged
    where all do.
    """
    assert cell.tune is not None
    assert cell.training is not None
    best: Fitted | None = None
    best_score: tuple[float, float] | None = None
    tries: list[dict[str, Any]] = []
    metric = EVERY[cell.training.best_metric]
    for rate in cell.tune.learning_rate:
        started = time.perf_counter()
        training = replace(cell.training, learning_rate=rate)
        try:
            fitted = fit(replace(cell, training=training, tune=None), splits, context)
            scores = evaluate(fitted.predict(splits.validation), splits.validation.labels, splits.labels)
        except Diverged as error:
            tries.append({"learning_rate": rate, "diverged": str(error), "seconds": time.perf_counter() - started})
            continue
        assert scores.loss is not None
        named = {f"validation_{name}": scores.metric(name) for name in dict.fromkeys((ACCURACY, LOSS, metric.name))}
        tries.append({"learning_rate": rate, **named, "seconds": time.perf_counter() - started})
        score = metric.merit(scores.metric(metric.name), scores.loss)
        if best_score is None or score > best_score:
            best, best_score = fitted, score
            best.summary.choices = {**best.summary.choices, "learning_rate": rate}
    if best is None:
        raise Diverged(
            f"training diverged at every learning rate of tune.learning_rate={list(cell.tune.learning_rate)}"
        )
    best.summary.choices["tries"] = tries
    best.summary.train_seconds = sum(entry["seconds"] for entry in tries)
    return best
