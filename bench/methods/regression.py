"""Logistic regression whose C is chosen on validation: of frozen features, and of TF-IDF."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bench.data.examples import Target
from bench.methods.metrics import labelled_by
from bench.metrics.table import EVERY, LOSS

Regression = TypeVar("Regression")
Labelled = tuple[Any, Sequence[Target]]
"""Features, shape (examples, features), dense or sparse, and the labels."""


def choose_regression(
    regression: Callable[[float], Regression],
    strengths: Sequence[float],
    train: Labelled,
    validation: Labelled | None,
    *,
    best_metric: str,
) -> tuple[Regression, float]:
    """The `regression` of a C, and its C, that is the best on validation by `best_metric`.

    Of equal ones the one with the lower log loss; of those that are equal in that, too, the lowest C. With no
    validation examples (None) there is one C, which was chosen before.
    """
    if validation is None:
        (chosen,) = strengths
        fitted_one: Any = regression(chosen)
        return fitted_one.fit(*train), chosen
    fitted: list[tuple[Any, float, Any]] = []
    for strength in strengths:
        candidate: Any = regression(strength)
        candidate.fit(*train)
        features, labels = validation
        labelled = labelled_by(candidate.predict_proba(features), labels)
        metric, loss = EVERY[best_metric], EVERY[LOSS].of(labelled)
        assert loss is not None
        fitted.append((metric.merit(metric.of(labelled), loss), -strength, candidate))
    best = max(fitted, key=lambda entry: entry[:2])
    return best[2], -best[1]
