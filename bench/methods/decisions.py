"""Which labels an example is given by their probabilities, where it may have several or none.

Thresholds come from validation examples: one for all labels, one a label, or the number of labels that every example is
given. To maximize F1 a threshold lies at half the best F1 where probabilities are calibrated, and not at 0.5 (Lipton,
Elkan & Naryanaswamy 2014, Optimal thresholding of classifiers to maximize F1 measure).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.config.thresholds import MOST_PROBABLE, Thresholds, threshold_metric
from bench.kind import MULTI_LABEL
from bench.metrics.label_sets import USUAL_THRESHOLD, LabelSetPredictions
from bench.metrics.metric import Metric
from bench.metrics.of_counts import LabelCounts

Probabilities = NDArray[np.float64]
Given = NDArray[np.bool_]
"""Whether an example is given a label, shape (examples, labels)."""
Score = Callable[[LabelCounts], NDArray[np.float64]]

GRID = 399
"""Thresholds that are tried for all labels, evenly spaced in log-odds from `1 - HIGHEST` to `HIGHEST`."""
HIGHEST = 0.9995
MAX_CUTS = 4096
"""Thresholds that are tried for one label: between its probabilities, or so many of them."""
OUTSIDE = 4.0
"""How far beyond the outermost probabilities a threshold is put, as a factor."""
MAX_ROUNDS = 3
"""Over all labels, where the metric is not a mean over them."""
GAIN = 1e-9
"""What is less is no gain."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule by which labels are given."""

    thresholds: tuple[float, ...] | None = None
    """By label: it is given at this probability or above. None where `top_k` says how many."""
    top_k: int | None = None
    """So many of the most probable labels are given."""

    @classmethod
    def usual(cls, num_labels: int) -> "Decision":
        """All labels that are more probable than not."""
        return cls((USUAL_THRESHOLD,) * num_labels)

    def given(self, probabilities: Probabilities) -> Given:
        """The labels that examples with these probabilities are given; of equally probable ones the first."""
        if self.top_k is None:
            return np.asarray(probabilities >= np.asarray(self.thresholds), dtype=np.bool_)
        order = np.argsort(-probabilities, axis=1, kind="stable")[:, : self.top_k]
        given = np.zeros(probabilities.shape, dtype=np.bool_)
        np.put_along_axis(given, order, values=True, axis=1)
        return given

    def said(self, labels: Sequence[str]) -> dict[str, Any]:
        """As records hold it."""
        if self.thresholds is None:
            return {"top_k": self.top_k}
        return {"label_thresholds": dict(zip(labels, self.thresholds, strict=True))}

    @classmethod
    def of(cls, said: Mapping[str, Any], labels: Sequence[str]) -> "Decision":
        """The rule that `said` wrote. Raises KeyError where a label's threshold is missing."""
        if "top_k" in said:
            return cls(top_k=int(said["top_k"]))
        if "threshold" in said:
            return cls((float(said["threshold"]),) * len(labels))
        return cls(tuple(float(said["label_thresholds"][label]) for label in labels))


@dataclass(frozen=True, slots=True)
class Decided:
    """Probabilities of examples (examples x labels; a row need not sum to 1) with the labels that they are given."""

    probabilities: Probabilities | None
    """None for answers that were made elsewhere."""
    given: Given

    def labelled(self, labels: Any) -> LabelSetPredictions:
        """Beside the true labels, examples x labels."""
        true = np.asarray(labels).reshape(self.given.shape)
        return LabelSetPredictions(true, self.given.astype(np.int8), self.given.shape[1], self.probabilities)


def find_decision(
    options: Any, probabilities: Probabilities | None, labels: Any, names: Sequence[str]
) -> tuple[Decision, dict[str, Any] | None]:
    """The rule that a cell with these `options` asks for, and what its record says of it; None where that is nothing.

    By the probabilities and the true labels of its validation examples, examples x labels.
    """
    how, metric = getattr(options, "thresholds", MOST_PROBABLE), threshold_metric(options, MULTI_LABEL)
    usual = Decision.usual(len(names))
    if metric is None or probabilities is None:
        return usual, None
    true = np.asarray(labels).reshape(probabilities.shape)
    found = best_decision(how, probabilities, true, metric)

    def score(decision: Decision) -> float | None:
        return metric.of(Decided(probabilities, decision.given(probabilities)).labelled(true))

    said = {"metric": metric.name, "how": how, "validation_without": score(usual), "validation_with": score(found)}
    if how == "shared" and found.thresholds is not None:
        return found, {**said, "threshold": found.thresholds[0]}
    return found, {**said, **found.said(names)}


def best_decision(how: Thresholds, probabilities: Probabilities, true: Any, metric: Metric) -> Decision:
    """The rule of the kind `how` by which examples with these probabilities and true labels score best.

    Of equally good ones that which is nearest to the usual one. A label without an example has the threshold that is
    the best for all.
    """
    assert metric.by_counts is not None
    search = _Search(probabilities, np.asarray(true).astype(bool), metric.by_counts)
    if how == "top_k":
        return Decision(top_k=search.top_k())
    shared = search.shared()
    if how == "shared":
        return Decision((shared,) * probabilities.shape[1])
    return Decision(tuple(search.by_label(shared)))


@dataclass(frozen=True, eq=False)
class _Search:
    probabilities: Probabilities
    true: Given
    score: Score

    def _scores(self, given: Iterable[Given]) -> NDArray[np.float64]:
        counts = [((each & self.true).sum(axis=0), each.sum(axis=0)) for each in given]
        both, predicted = (np.stack(of_all).astype(np.float64) for of_all in zip(*counts, strict=True))
        return self._of_counts(both, predicted)

    def _of_counts(self, both: NDArray[np.float64], predicted: NDArray[np.float64]) -> NDArray[np.float64]:
        support = self.true.sum(axis=0).astype(np.float64)
        return np.nan_to_num(self.score(LabelCounts(both, predicted, support)), nan=-np.inf)

    def top_k(self) -> int:
        """How many of the most probable labels are best."""
        counts = range(1, self.probabilities.shape[1] + 1)
        values = self._scores(Decision(top_k=count).given(self.probabilities) for count in counts)
        return int(np.flatnonzero(values >= values.max() - GAIN)[0]) + 1

    def shared(self) -> float:
        """The threshold that is best for all labels."""
        edge = np.log(HIGHEST / (1 - HIGHEST))
        odds = np.linspace(-edge, edge, GRID)
        thresholds = 1 / (1 + np.exp(-odds))
        values = self._scores(self.probabilities >= threshold for threshold in thresholds)
        best = np.flatnonzero(values >= values.max() - GAIN)
        return float(thresholds[best[np.abs(odds[best]).argmin()]])

    def by_label(self, start: float) -> list[float]:
        """Each label's best threshold, those of the others being what they are, until none gains."""
        found = np.full(self.probabilities.shape[1], start)
        support = self.true.sum(axis=0)
        order = [int(label) for label in np.argsort(support, kind="stable") if support[label]]
        for _ in range(MAX_ROUNDS):
            before = found.copy()
            for label in order:
                found[label] = self._best_of(label, found)
            if (found == before).all():
                break
        return [float(threshold) for threshold in found]

    def _best_of(self, label: int, found: NDArray[np.float64]) -> float:
        given = self.probabilities >= found
        cuts = _cuts(self.probabilities[:, label], float(found[label]))
        both = np.repeat((given & self.true).sum(axis=0)[None].astype(np.float64), len(cuts), axis=0)
        predicted = np.repeat(given.sum(axis=0)[None].astype(np.float64), len(cuts), axis=0)
        own = self.probabilities[:, label]
        for counts, some in ((both, own[self.true[:, label]]), (predicted, own)):
            counts[:, label] = len(some) - np.searchsorted(np.sort(some), cuts, side="left")
        values = self._of_counts(both, predicted)
        best = np.flatnonzero(values >= values.max() - GAIN)
        distances = np.abs(np.log(cuts[best]) - np.log(found[label]))
        return float(cuts[best[distances.argmin()]])


def _cuts(probabilities: NDArray[np.float64], now: float) -> NDArray[np.float64]:
    """The threshold as it is `now`, one between each two neighbours of the probabilities, or of `MAX_CUTS`, one below
    all of them and, unless that is 1, one above."""
    known = np.unique(probabilities)
    if len(known) > MAX_CUTS:
        known = np.unique(known[np.linspace(0, len(known) - 1, MAX_CUTS).round().astype(int)])
    known = np.concatenate([[known[0] / OUTSIDE], known, [min(known[-1] * OUTSIDE, 1.0)]])
    between = np.sqrt(np.maximum(known[:-1], 1e-12) * np.maximum(known[1:], 1e-12))
    return np.append(now, between)
