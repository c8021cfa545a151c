"""Markdown that shows text from data as it is: names, labels and messages may hold anything."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import jinja2


class Markdown(str):
    """Text that is Markdown already, and is not escaped again."""

    __slots__ = ()


_SPECIAL = re.compile(r"([\\`*\[\]|~#$!])")
# Inside a word an underscore means nothing, and `tfidf_sgd` stays readable.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(value: Any) -> Markdown:
    """`value` as Markdown that reads as the plain text, on one line; what is `Markdown` stays as it is."""
    if isinstance(value, Markdown):
        return value
    text = " ".join(str(value).split())
    text = "".join(character for character in text if character.isprintable())
    text = _UNDERSCORE.sub(r"\\_", _SPECIAL.sub(r"\\\1", text))
    return Markdown("".join(_HTML.get(character, character) for character in text))


def shortened(text: str, length: int = 240) -> str:
    """`text` on one line and cut to `length` characters, with an ellipsis where something is left out."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


class Table(Markdown):
    """A table: as text, a pipe table in Markdown; its entries as they were given are beside it."""

    __slots__ = ("header", "lines")
    header: tuple[str, ...]
    lines: tuple[tuple[Any, ...], ...]
    """Anything with a text; `content.Entry` says more about an entry."""

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


def environment(templates: str) -> jinja2.Environment:
    """Templates of Markdown: whatever they print is escaped unless it is `Markdown`, and must exist."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        finalize=escape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
