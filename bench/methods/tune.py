"""Trying learning rates within a cell, on validation alone, so that no model suffers from a rate that suits another."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.cell import Cell
from bench.data.split import Splits
from bench.methods.fitted import Context, Diverged, Fitted
from bench.methods.metrics import evaluate


def fit_tuned(cell: Cell, splits: Splits, context: Context, fit: Callable[[Cell, Splits, Context], Fitted]) -> Fitted:
    """Fit `cell` once for each learning rate of `cell.tune` and return the best on validation.

    Of equal accuracies the one with the lower loss wins. All tries are in the result's `choices`, and its
    training seconds count all of them. A try that diverges is passed over; raises Diverged where all do.
    """
    assert cell.tune is not None
    assert cell.training is not None
    best: Fitted | None = None
    best_score: tuple[float, float] | None = None
    tries: list[dict[str, Any]] = []
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
        tries.append(
            {
                "learning_rate": rate,
                "validation_accuracy": scores.accuracy,
                "validation_loss": scores.loss,
                "seconds": time.perf_counter() - started,
            }
        )
        if best_score is None or (scores.accuracy, -scores.loss) > best_score:
            best, best_score = fitted, (scores.accuracy, -scores.loss)
            best.summary.choices = {**best.summary.choices, "learning_rate": rate}
    if best is None:
        raise Diverged(
            f"training diverged at every learning rate of tune.learning_rate={list(cell.tune.learning_rate)}"
        )
    best.summary.choices["tries"] = tries
    best.summary.train_seconds = sum(entry["seconds"] for entry in tries)
    return best
