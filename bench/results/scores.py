"""The blocks of a record that say how good a model was: scores on sets of examples."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bench.metrics.table import COMPLEMENTS, EVERY
from bench.results.block import ROUNDING, Amount, Block, Count, Finite, Share

METRIC_FIELDS = ("accuracy", "macro_f1", "weighted_f1", "loss")
"""The metrics that have a field of their own in `Evaluation`."""


class LabelScores(Block):
    """One label's scores on one set of examples."""

    label: str
    precision: Share
    recall: Share
    f1: Share
    support: Count


class LabelSets(Block):
    """How many labels examples have, and are predicted to have, where that is any number."""

    mean_true: Amount
    """Labels of an example, in the mean: the cardinality of the set."""
    mean_predicted: Amount
    without_true: Count
    """Examples that have no label."""
    without_predicted: Count


class Evaluation(Block):
    """Scores on one set of examples; averages over labels are `macro_*` (equal) and `weighted_*` (by support).

    Where examples may have several labels (`label_sets`), accuracy is the share of those of which exactly the true
    labels are predicted, and everything else is of each label against the rest.
    """

    num_examples: Annotated[int, Field(ge=1, le=2**63 - 1)]
    accuracy: Share
    macro_precision: Share
    macro_recall: Share
    macro_f1: Share
    weighted_precision: Share
    weighted_recall: Share
    weighted_f1: Share
    loss: Amount | None
    """Mean cross-entropy in nats; with several labels the mean over them, too."""
    mean_confidence: Share | None = None
    """Mean probability of the predicted label; null with several labels."""
    metrics: dict[str, Finite | None] = Field(default_factory=dict)
    """The other metrics of `bench.metrics.table`, by name; null where the examples do not define one. (Records of
    before it was counted lack it.)"""
    confusion_matrix: list[list[Count]] | None
    """Rows: true label; columns: predicted label; both in the order of `per_label`. An answer made elsewhere that is
    none of the labels is in no column. Null with several labels."""
    per_label: list[LabelScores]
    label_sets: LabelSets | None = None
    """Null where each example has one label."""

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        """The matrix has a row and a column for each label; there is one where each example has one label."""
        labels = len(self.per_label)
        if self.label_sets is not None:
            if not labels or self.confusion_matrix is not None:
                raise ValueError("examples with several labels have labels, and no confusion matrix")
            return self
        if self.confusion_matrix is None:
            raise ValueError("there is no confusion matrix, and each example has one label")
        if not labels or [len(row) for row in self.confusion_matrix] != [labels] * labels:
            raise ValueError(f"the confusion matrix is not {labels} x {labels}, as there are labels")
        return self

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        """Metrics lie within their range; what is no metric any more may be any number."""
        for name, value in self.metrics.items():
            if value is None or (metric := EVERY.get(name)) is None:
                continue
            if not metric.low - ROUNDING <= value <= metric.high + ROUNDING:
                raise ValueError(f"{name} is {value:.6g}, and lies between {metric.low:g} and {metric.high:g}")
        return self

    def metric(self, name: str) -> float | None:
        """The value of a metric of `bench.metrics.table`, or of a complement of one; None where it was not measured."""
        of = next((known for known, complement in COMPLEMENTS.items() if complement.name == name), None)
        if of is not None:
            return None if (share := self.metric(of)) is None else 1 - share
        if name in METRIC_FIELDS:
            value: float | None = getattr(self, name)
            return value
        return self.metrics.get(name)

    def check(self) -> None:
        """Raise ValueError where the counts by label, the matrix and the accuracy do not say the same."""
        supports = [each.support for each in self.per_label]
        if self.confusion_matrix is None:
            return self._check_sets(supports)
        if sum(supports) != self.num_examples:
            raise ValueError(f"{self.num_examples} examples, and {sum(supports)} by label")
        if any(sum(row) > support for row, support in zip(self.confusion_matrix, supports, strict=True)):
            raise ValueError("the confusion matrix has more examples of a label than there are")
        right = sum(row[place] for place, row in enumerate(self.confusion_matrix)) / self.num_examples
        if abs(right - self.accuracy) > ROUNDING:
            raise ValueError(f"the accuracy is {self.accuracy:.6g}, by the confusion matrix {right:.6g}")

    def _check_sets(self, supports: list[int]) -> None:
        """Raise ValueError where the counts by label and those of sets do not say the same."""
        sets = self.label_sets
        if sets is None or max(supports) > self.num_examples:
            raise ValueError(f"{self.num_examples} examples, and {max(supports)} of one label")
        mean = sum(supports) / self.num_examples
        if abs(mean - sets.mean_true) > ROUNDING:
            raise ValueError(f"{sets.mean_true:.6g} labels an example, by label {mean:.6g}")


class Before(Block):
    """Scores of the model before any training, its head as it was initialised."""

    train: Evaluation | None
    """Null unless `training.evaluate_train`."""
    validation: Evaluation | None
    test: Evaluation
