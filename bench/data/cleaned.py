"""How many rows a source has, and what was done with those that are not used as they stand."""

from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Counts of rows; all of a source are there."""

    rows: int = 0
    """In the source, with those that were left out; empty lines are none."""
    empty_lines: int = 0
    unlabelled: int = 0
    """Left out, for they have no label (`data.drop_unlabelled`)."""
    textless: int = 0
    """Left out, for they have no text (`data.drop_empty`)."""
    not_single: int = 0
    """Left out, for they have several labels or none (`data.multi_label`)."""
    excluded: int = 0
    """Left out, for their label is (`data.exclude_labels`)."""
    relabelled: int = 0
    """Kept, under another spelling of their label (`data.strip_labels`, `data.merge_labels`)."""


def total(counts: Iterable[Cleaned]) -> Cleaned:
    """The counts of several parts, added up."""
    found = list(counts)
    return Cleaned(**{each.name: sum(getattr(one, each.name) for one in found) for each in fields(Cleaned)})
