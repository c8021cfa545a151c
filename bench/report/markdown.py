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


def table(header: Sequence[Any], lines: Iterable[Sequence[Any]]) -> Markdown:
    """A pipe table; every entry is escaped."""
    rows = [header, *lines]
    written = ["| " + " | ".join(escape(entry) for entry in row) + " |" for row in rows]
    written.insert(1, "|" + " --- |" * len(header))
    return Markdown("\n".join(written))


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
