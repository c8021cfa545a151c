"""A text that is made of several columns: a subject and a body, say. Imports nothing heavy."""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers.files import Malformed
from bench.data.sametext import is_blank

_PIECE = re.compile(r"(\{\{|\}\}|\{[^{}]*\})")
SEPARATOR = "\n\n"
"""Between columns where there is no template."""
BETWEEN = string.whitespace + ",;:|/\\-–—·•"
"""Signs that stand between two parts: before the first part there is they mean nothing."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text's columns, each with what stands before it, and what stands behind the last."""

    parts: tuple[tuple[str, str], ...]
    """`(before, column)`, in their order."""
    end: str

    def text(self, row: Mapping[str, str | None]) -> str:
        """The text of a row. What is blank is left out, with what stands before it; all blank is no text."""
        text = ""
        for before, column in self.parts:
            value = row.get(column)
            if value is None or is_blank(value):
                continue
            text += (before if text or (before, column) == self.parts[0] else before.lstrip(BETWEEN)) + value.strip()
        return text + self.end if text else ""


def template_of(data: DataConfig) -> Template:
    """How `data` makes a text of its columns. Raises UserError where template and columns do not go together."""
    try:
        return template(data.text_columns, data.text_template, "data.text_template", "data.text_column")
    except Malformed as error:
        raise data_error(data, str(error)) from error


def template(columns: Sequence[str], written: str | None, option: str, column_option: str) -> Template:
    """The template that `option` gives for `columns`. Raises Malformed where they do not go together."""
    if written is None:
        return Template(tuple((SEPARATOR if number else "", name) for number, name in enumerate(columns)), "")
    parts, before = [], ""
    for piece in _PIECE.split(written):
        if piece in ("{{", "}}"):
            before += piece[0]
        elif piece.startswith("{") and piece.endswith("}"):
            parts.append((before, piece[1:-1]))
            before = ""
        else:
            before += piece
    named = [column for _, column in parts]
    if sorted(named) != sorted(columns):
        there = ", ".join(f"{{{name}}}" for name in named) or "no column"
        wanted = " ".join(f"{{{name}}}" for name in columns)
        raise Malformed(
            f"{option} has {there}, and {column_option} has {', '.join(columns)}: the template takes each of them "
            f"once, as {wanted!r} does ({{{{ and }}}} are braces as they stand)"
        )
    return Template(tuple(parts), before)


def is_joined(data: DataConfig) -> bool:
    """Whether a text is more than what one column holds."""
    return data.text_template is not None or len(data.text_columns) > 1
