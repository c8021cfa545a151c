"""All labelled texts of a data set, before any task is drawn from them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.data.cleaned import Cleaned


@dataclass(frozen=True, slots=True)
class Pool:
    """Parallel tuples: the i-th example has `ids[i]`, `texts[i]`, `labels[i]` (a label's name)."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    revision: str | None
    """What was read: the hub's fingerprint or the SHA-256 of the wheel or file."""
    splits: tuple[str, ...] = ()
    """The published split of each example, empty strings where the source has none; empty where not known."""
    notes: tuple[str, ...] = ()
    """What somebody should know about how it was read and what it holds, before training on it."""

    cleaned: Cleaned | None = None
    """How many rows the source has, and what was left out; None where that was not counted."""
    groups: tuple[str, ...] = ()
    """Whose text each example is (`data.group_column`); empty where nobody asked."""
    times: tuple[float, ...] = ()
    """When (`data.time_column`); later ones are greater."""
    label_sets: tuple[tuple[str, ...], ...] = ()
    """Where an example may have several labels or none (`data.multi_label=keep`): all of its labels, in order, and in
    `labels` the same as one text (`bench.data.label_sets.written`). Empty where each has one label."""
    where: Callable[[int], str] | None = field(default=None, compare=False)
    """Where an example stands in its file, for messages."""

    def label_counts(self) -> Counter[str]:
        """Examples of each label."""
        if self.label_sets:
            return Counter(label for labels in self.label_sets for label in labels)
        return Counter(self.labels)
