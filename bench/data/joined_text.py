"""A text that is made of several columns: a subject and a body, say. Imports nothing heavy."""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.sametext import is_blank
from bench.escape.shell import word

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
    columns = data.text_columns
    if data.text_template is None:
        return Template(tuple((SEPARATOR if number else "", name) for number, name in enumerate(columns)), "")
    parts, before = [], ""
    for piece in _PIECE.split(data.text_template):
        if piece in ("{{", "}}"):
            before += piece[0]
        elif piece.startswith("{") and piece.endswith("}"):
            parts.append((before, piece[1:-1]))
            before = ""
        else:
            before += piece
    _refuse_others([column for _, column in parts], columns, data)
    return Template(tuple(parts), before)


def is_joined(data: DataConfig) -> bool:
    """Whether a text is more than what one column holds."""
    return data.text_template is not None or len(data.text_columns) > 1


def _refuse_others(named: Sequence[str], columns: Sequence[str], data: DataConfig) -> None:
    """Raise UserError where a template has other columns than those of the text, or one of them twice."""
    if sorted(named) == sorted(columns):
        return
    there = ", ".join(f"{{{name}}}" for name in named) or "no column"
    wanted = " ".join(f"{{{name}}}" for name in columns)
    option = word(f'data.text_template="{wanted}"')
    raise data_error(
        data,
        f"data.text_template has {there}, and data.text_column has {', '.join(columns)}: the template takes each of "
        f"them once, as in {option} ({{{{ and }}}} are braces as they stand)",
    )
