"""A task's examples, as drawn: what models are trained and judged on."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.data.cleaned import Cleaned
from bench.data.sametext import same
from bench.kind import SINGLE_LABEL, Kind

Target = int | tuple[int, ...]
"""The true label of an example, as an index into `Splits.labels`; or, where it may have several or none
(`Splits.kind`), 1 for each of `Splits.labels` that it has and 0 for the others. `numpy.asarray` of many is an array of
the shape (examples,) or (examples, labels), by which code downstream tells the two kinds of tasks apart."""


def single_labels(targets: Sequence[Target]) -> tuple[int, ...]:
    """The label indices of examples that have one label each, for what knows no others. Raises TypeError."""
    if several := next((target for target in targets if not isinstance(target, int)), None):
        raise TypeError(f"one label an example is known here, and not {several}")
    return targets if isinstance(targets, tuple) else tuple(targets)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Examples:
    """Parallel tuples of one set; `labels` are of `Splits.labels`."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[Target, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Source:
    """What the pool holds that a task is drawn from."""

    rows: int
    """Rows that have a text and a label."""
    labels: int
    rows_of_labels: int
    """Rows of the task's labels, repeats included."""
    conflicting_texts: int
    """Texts that have more than one label."""
    notes: tuple[str, ...] = ()
    """What was odd about it (`Pool.notes`)."""
    cleaned: Cleaned | None = None
    """How many rows there were before some were left out (`Pool.cleaned`)."""


@dataclass(frozen=True, slots=True)
class Splits:
    """A task's examples. `labels` are the label names, in the order that predictions use."""

    labels: tuple[str, ...]
    train: Examples
    validation: Examples
    test: Examples
    duplicates_dropped: int
    conflicts_dropped: int = 0
    """Rows left out because their text has more than one label."""
    kind: Kind = SINGLE_LABEL
    """Whether each example has one label, or any number of them."""
    source: "Source | None" = None
    """What the pool held; None where that was not counted."""

    def test_texts_in_training(self) -> int | None:
        """Test examples whose text, as a reader sees it, is a training example; None where there are none."""
        if not self.train.texts:
            return None
        trained = set(map(same, self.train.texts))
        return sum(same(text) in trained for text in self.test.texts)

    def for_testing(self, *, validates: bool = False) -> "Splits":
        """The same test examples, and no others; or (`validates`) with those for validation."""
        none = Examples(ids=(), texts=(), labels=())
        return replace(self, train=none, validation=self.validation if validates else none)

    def sha256(self) -> str:
        """Of everything a model is shown or judged on: equal for all models of a task."""
        content = [
            (part, *row)
            for part in ("train", "validation", "test")
            for row in zip(getattr(self, part).ids, getattr(self, part).texts, getattr(self, part).labels, strict=True)
        ]
        return hashlib.sha256(json.dumps([self.labels, content]).encode()).hexdigest()
