"""Tables of the report: pipe tables in Markdown whose entries are kept as they were given."""

from collections.abc import Iterable, Sequence
from typing import Any

from bench.escape.characters import shortened
from bench.escape.markdown import Markdown, environment, escape

__all__ = ["Markdown", "Table", "environment", "escape", "shortened", "table"]


class Table(Markdown):
    """A table: as text, a pipe table in Markdown; its entries as they were given are beside it."""

    __slots__ = ("header", "lines")
    header: tuple[str, ...]
    lines: tuple[tuple[Any, ...], ...]
    """Anything with a text; `parts.Entry` says more about an entry."""

    def __new__(cls, header: Sequence[Any], lines: Iterable[Sequence[Any]]) -> "Table":
        """Every entry is escaped in the text. Raises ValueError where a line is not as long as the header."""
        kept = tuple(tuple(line) for line in lines)
        if any(len(line) != len(header) for line in kept):
            raise ValueError(f"a line of the table has not {len(header)} entries, as its header has")
        written = ["| " + " | ".join(escape(entry) for entry in row) + " |" for row in (header, *kept)]
        written.insert(1, "|" + " --- |" * len(header))
        made = super().__new__(cls, "\n".join(written))
        made.header, made.lines = tuple(map(str, header)), kept
        return made


def table(header: Sequence[Any], lines: Iterable[Sequence[Any]]) -> Table:
    """A table with these column names and lines."""
    return Table(header, lines)
