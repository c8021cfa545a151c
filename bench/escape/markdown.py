"""Markdown that shows text from data as it is: names, labels and messages may hold anything."""

import re
from typing import Any

import jinja2

from bench.escape import templates
from bench.escape.characters import visible_line


class Markdown(str):
    """Text that is Markdown already, and is not escaped again."""

    __slots__ = ()


_SPECIAL = re.compile(r"([\\`*\[\]|~#$!])")
# Inside a word an underscore means nothing, and `tfidf_sgd` stays readable.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# what would begin a list, underline a heading, or draw a rule, were it the first thing on a line
_BEGINS = re.compile(r"^(?:[-+](?=\s|$)|[-=](?=[-=\s]*$)|(\d{1,9})(?=[.)](?:\s|$)))")


def escape(value: Any) -> Markdown:
    """`value` as Markdown that reads as the plain text, on one line; what is `Markdown` stays as it is."""
    if isinstance(value, Markdown):
        return value
    text = " ".join(str(value).split())
    text = "".join(character for character in text if character.isprintable())
    begins = _BEGINS.match(text)
    text = _UNDERSCORE.sub(r"\\_", _SPECIAL.sub(r"\\\1", text))
    if begins is not None:
        number = begins.group(1) or ""
        text = f"{number}\\{text[len(number) :]}"
    return Markdown("".join(_HTML.get(character, character) for character in text))


def code(value: Any, *, in_table: bool = False) -> Markdown:
    """`value` as a code span on one line, whatever backticks it has (CommonMark, 6.1)."""
    text = visible_line(str(value))
    text = text.replace("|", "\\|") if in_table else text  # GFM: a table is cut up before its spans
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    if not text.strip():
        return Markdown(f"{fence} {text} {fence}") if text else escape('""')
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return Markdown(f"{fence}{pad}{text}{pad}{fence}")


def environment(folder: str) -> jinja2.Environment:
    """Templates of Markdown: whatever they print is escaped unless it is `Markdown`, and must exist."""
    return templates.environment(folder, autoescape=False, finalize=escape, keep_trailing_newline=True)
