"""Scores of a model before training, with its head as it was initialised: what training has to beat."""

from collections.abc import Callable

from bench.config import TrainingConfig
from bench.data.split import Splits
from bench.methods.fitted import SETS, Predicted, scored_sets
from bench.methods.metrics import evaluate
from bench.results.scores import Before, Evaluation


def scores_before(predict: Callable[[str], Predicted], splits: Splits, training: TrainingConfig) -> Before:
    """The scores on all sets that are scored; `predict` takes the name of one. Raises what `predict` raises."""
    found: dict[str, Evaluation | None] = dict.fromkeys(SETS)
    for name in scored_sets(training, splits):
        found[name] = evaluate(predict(name), getattr(splits, name).labels, splits.labels)
    test = found["test"]
    assert test is not None
    return Before(train=found["train"], validation=found["validation"], test=test)
