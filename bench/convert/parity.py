"""Whether a converted model gives what the kept one gives: the same texts through both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import UserError
from bench.kind import MULTI_LABEL
from bench.methods.decisions import Given
from bench.methods.fitted import Probabilities
from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.labelled import LabelledPredictions
from bench.metrics.table import BY_KIND
from bench.models.kept import KeptModel
from bench.predict.label_sets import Rule

EXACT = 1e-4
"""The largest difference of a probability between two forms that compute in fp32."""
ROUNDED = 0.02
"""Likewise where the kept model computes in 16 bits, or has its base in 4, and the converted one in fp32: a text whose
two best labels are within twice as much may get the other one."""
SHOWN = ("accuracy", "macro_f1")
"""Metrics of the card."""
CHARACTERS = 12
"""Of a token, at most in nearly all texts: a text with so many for each token that is read has to be cut."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How far two forms of a model are from each other on the same texts."""

    texts: int
    max_difference: float
    """Of a probability."""
    same_labels: int
    """Texts that both give the same label, or labels."""

    @property
    def said(self) -> str:
        """In one line."""
        return f"largest difference of a probability {self.max_difference:.1e}, {self.labels}"

    @property
    def labels(self) -> str:
        """How many texts have the same label."""
        return f"the same labels for {self.same_labels:,} of {self.texts:,} texts"


def bound_of(kept: KeptModel, asked: float | None) -> float:
    """The largest difference of a probability between the kept model and its network in fp32 that is not refused."""
    if asked is not None:
        return asked
    precision = kept.precision or getattr(kept.method, "precision", None)
    is_rounded = precision != "fp32" or kept.approach.quantization is not None
    return ROUNDED if is_rounded else EXACT


def compared(kept: KeptModel, first: Probabilities, second: Probabilities) -> Parity:
    """The two of the same texts, shape (texts, labels)."""
    same = (given(kept, first) == given(kept, second)).all(axis=1)
    return Parity(len(first), float(np.abs(first - second).max()), int(same.sum()))


def given(kept: KeptModel, probabilities: Probabilities) -> Given:
    """The labels that texts are given, shape (texts, labels)."""
    if kept.kind == MULTI_LABEL:
        return Rule.of(kept).decision.given(probabilities)
    found: Given = np.arange(probabilities.shape[1]) == probabilities.argmax(axis=1)[:, None]
    return found


def check(parity: Parity, bound: float, what: str, advice: str = "") -> None:
    """Raise UserError where `what` is farther off than `bound`."""
    if not parity.max_difference <= bound:  # not a number, it may be
        raise UserError(f"{what}: {parity.said}, and {bound:g} is the most: nothing was kept{advice}")


def scores(kept: KeptModel, probabilities: Probabilities, labels: object) -> dict[str, float]:
    """Metrics of the card, by what reports call them."""
    if kept.kind == MULTI_LABEL:
        true = np.asarray(labels).reshape(probabilities.shape)
        predicted = given(kept, probabilities).astype(np.int8)
        found: LabelledPredictions = LabelSetPredictions(true, predicted, probabilities.shape[1], probabilities)
    else:
        found = LabelledPredictions.of_probabilities(probabilities, np.asarray(labels))
    metrics = [BY_KIND[kept.kind][name] for name in SHOWN]
    return {metric.label: value for metric in metrics if (value := metric.of(found)) is not None}


def hard_texts(texts: Sequence[str], max_tokens: int) -> list[str]:
    """One word, and a text that is too long for the model: what test examples may not have."""
    joined = " ".join(texts)
    joined = " ".join([joined] * (1 + max_tokens * CHARACTERS // max(len(joined), 1)))
    return [texts[0].split()[0], joined[: max_tokens * CHARACTERS]]
