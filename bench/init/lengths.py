"""How long texts are, in what their readers count: words, or characters where no blanks stand between words."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.methods.tokens import has_words, unseparated

QUANTILES = (0.5, 0.95, 1.0)
SAMPLE = 1000
"""Texts, spread over all, by which words or characters are chosen."""
CHARACTERS_PER_TOKEN = 4
"""An estimate for text with blanks between words; in other scripts a character is a token."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """The lengths of all texts, in their order."""

    unit: str
    """`words` or `characters`."""
    units: tuple[int, ...]
    tokens: tuple[int, ...]
    """About: the two that stand around a text are counted."""


def lengths_of(texts: Sequence[str]) -> Lengths:
    """Measure them. Texts are counted in words where half of them or more have some."""
    some = texts[:: max(1, len(texts) // SAMPLE)]
    are_words = 2 * sum(map(has_words, some)) >= len(some)
    units = (len(text.split()) if are_words else sum(map(len, text.split())) for text in texts)
    return Lengths("words" if are_words else "characters", tuple(units), tuple(map(_tokens, texts)))


def quantiles(values: Sequence[int]) -> dict[float, int]:
    """What that share of the values (`QUANTILES`) does not exceed."""
    ordered = sorted(values)
    return {part: ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in QUANTILES}


def _tokens(text: str) -> int:
    alone = unseparated(text)
    return 2 + alone + (len(text) - alone) // CHARACTERS_PER_TOKEN
