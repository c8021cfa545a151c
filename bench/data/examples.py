"""A task's examples, as drawn: what models are trained and judged on."""

import hashlib
import json
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Examples:
    """Parallel tuples of one set; `labels` are indices into `Splits.labels`."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Splits:
    """A task's examples. `labels` are the label names, in the order that predictions use."""

    labels: tuple[str, ...]
    train: Examples
    validation: Examples
    test: Examples
    duplicates_dropped: int

    def for_testing(self) -> "Splits":
        """The same test examples, and no others."""
        none = Examples(ids=(), texts=(), labels=())
        return replace(self, train=none, validation=none)

    def sha256(self) -> str:
        """Of everything a model is shown or judged on: equal for all models of a task."""
        content = [
            (part, *row)
            for part in ("train", "validation", "test")
            for row in zip(getattr(self, part).ids, getattr(self, part).texts, getattr(self, part).labels, strict=True)
        ]
        return hashlib.sha256(json.dumps([self.labels, content]).encode()).hexdigest()
