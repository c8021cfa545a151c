"""What a metric is: a name, a direction, a range, how it is computed and how its interval is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only plans imports neither numpy nor scikit-learn
    from bench.metrics.labelled import LabelledPredictions, Values, Weights
    from bench.metrics.of_counts import LabelCounts

    Score = Callable[[LabelledPredictions], float | None]
    ByExample = Callable[[LabelledPredictions], Values]
    ByDraw = Callable[[LabelledPredictions, Weights], Values]
    ByCounts = Callable[[LabelCounts], Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One measure of how good predictions are.

    It has one of `by_example` and `by_draw`, which say how its interval is drawn.
    """

    name: str
    """As records, columns (`test_NAME`) and `best_metric` call it."""
    label: str
    """As the report calls it."""
    score: Score
    """The metric of predictions; None where the examples do not define it, because they have one label, say. It is
    asked only for predictions that have what `needs_probabilities` says."""
    higher_is_better: bool = True
    low: float = 0.0
    high: float = 1.0
    """Values lie from `low` to `high`, which may be infinite."""
    needs_probabilities: bool = False
    """Whether answers without probabilities have no such metric."""
    by_example: ByExample | None = None
    """For a metric that is a mean over examples: the values that it is the mean of, shape (examples,). Its interval
    comes from the variance components of seeds and examples."""
    by_draw: ByDraw | None = None
    """For all others: the metric on each draw of a bootstrap over examples, from weights of the shape draws x examples,
    NaN where a draw does not define it. Its interval comes from drawn examples crossed with seeds."""
    by_counts: ByCounts | None = None
    """For a metric that needs predicted labels alone: that of many sets of predictions, shape (sets,), NaN where it is
    not defined. Thresholds of labels are found by it (`bench.methods.thresholds`)."""
    selectable: bool = True
    """Whether `best_metric` may name it."""
    aliases: tuple[str, ...] = ()
    """Other names that `best_metric` takes for it; they are the same choice, and the same cell."""

    def of(self, predictions: LabelledPredictions) -> float | None:
        """The metric of `predictions`; None where they do not define it, or it needs probabilities that they lack."""
        if self.needs_probabilities and predictions.probabilities is None:
            return None
        return self.score(predictions)

    def drawn(self, predictions: LabelledPredictions, weights: Weights) -> Values:
        """The metric on each draw (draws x examples), NaN where a draw does not define it; see `by_draw`."""
        if self.by_draw is not None:
            return self.by_draw(predictions, weights)
        assert self.by_example is not None
        values = self.by_example(predictions)
        drawn: Values = (weights @ values.astype(weights.dtype)).astype("float64") / weights.sum(axis=1)
        return drawn

    def merit(self, value: float | None, loss: float) -> tuple[float, float]:
        """What is greater the better: for the best of several trainings or weights, by `value` on validation data.

        Of equal values the one with the lower loss is better: on few examples ties are common. Where the examples do
        not define the metric the loss alone decides.
        """
        gain = float("-inf") if value is None else value if self.higher_is_better else -value
        return gain, -loss
