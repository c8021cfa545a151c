"""What is to be classified: blocks of texts, with the place and the row that each one came with."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bench.data.readers.utf8 import is_encodable
from bench.data.sametext import is_blank
from bench.errors import UserError

OnEmpty = Literal["refuse", "skip", "label"]
ON_EMPTY = ("refuse", "skip", "label")
"""What is done with a text that nothing can be read of: `refuse` all, `skip` it (its row stays, without a label), or
`label` it as the model does."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Some texts, where each one stood, and the table row it came with."""

    texts: list[str]
    places: list[str]
    columns: list[str]
    """Names of the columns of `rows`."""
    rows: list[list[str]]
    skipped: frozenset[int] = frozenset()
    """Which of them get no label."""


@dataclass(frozen=True, slots=True)
class Source:
    """All that is to be classified, read block by block, as often as `blocks` is called."""

    columns: list[str]
    blocks: Callable[[], Iterator[Inputs]] = field(repr=False)
    count: int | None = None
    """Texts in all; None where that is not known beforehand."""

    def whole(self) -> Inputs:
        """All of it at once."""
        texts: list[str] = []
        places: list[str] = []
        rows: list[list[str]] = []
        skipped: set[int] = set()
        for block in self.blocks():
            skipped |= {len(texts) + number for number in block.skipped}
            texts += block.texts
            places += block.places
            rows += block.rows
        return Inputs(texts, places, self.columns, rows, frozenset(skipped))


def first_blank(texts: Sequence[str]) -> int | None:
    """The place of the first text that nothing can be read of, from 0; None where there is none."""
    return next((place for place, text in enumerate(texts) if is_blank(text)), None)


def checked(
    texts: list[str],
    places: list[str],
    columns: list[str] | None = None,
    rows: list[list[str]] | None = None,
    on_empty: OnEmpty = "refuse",
) -> Inputs:
    """The texts as a block. Raises UserError, naming the first place, where one can't be classified."""
    empty = [number for number, text in enumerate(texts) if is_blank(text)]
    if empty and on_empty == "refuse":
        count = f" ({len(empty)} texts are)" if len(empty) > 1 else ""
        raise UserError(
            f"{places[empty[0]]}: the text is empty{count}; give only rows that have a text, or --on-empty=skip "
            "(no label) or --on-empty=label (what the model says of it)"
        )
    if broken := [place for place, text in zip(places, texts, strict=True) if not is_encodable(text)]:
        raise UserError(f"{broken[0]}: the text holds bytes that are no UTF-8, or half a character")
    skipped = frozenset(empty) if on_empty == "skip" else frozenset[int]()
    return Inputs(texts, places, columns or ["text"], rows or [[text] for text in texts], skipped)
