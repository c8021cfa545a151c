"""The order of rows that need nothing pretrained: the first one is the baseline where none is asked for."""

from collections.abc import Iterable

USUAL = "tfidf_sgd"
"""What the published studies compare with."""
FLOOR = "majority"
"""Knows nothing of the texts: it is the baseline only where there is no other."""


def usual_first(rows: Iterable[str]) -> list[str]:
    """`rows`, each once: the usual one and its variants first, the floor last, the others by name."""
    return sorted(set(rows), key=lambda row: (row.split()[0] != USUAL, row.split()[0] == FLOOR, row))


def baseline_of(rows: Iterable[str], asked: str | None) -> str | None:
    """Of classical rows the one that is `asked` for; the usual one where it is not among them; None where none is."""
    found = usual_first(rows)
    return asked if asked in found else next(iter(found), None)
