"""Pieces of Markdown."""

import re
from collections.abc import Sequence


def row(cells: Sequence[str]) -> str:
    """A line of a table; what would end a cell is escaped."""
    return "| " + " | ".join(re.sub(r"\s+", " ", each).replace("|", "\\|") for each in cells) + " |"


def code(text: str) -> str:
    """`text`, as code."""
    return f"`{text}`"


def sentence(text: str) -> str:
    """`text` on one line, with a full stop and a first capital."""
    line = re.sub(r"\s+", " ", text).strip().replace("<", "&lt;")
    first = line[:1].upper() + line[1:] if re.match(r"[a-z]+ ", line) else line
    return first if first.endswith((".", ":", "?", "!")) else f"{first}."
