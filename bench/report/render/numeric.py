"""Tables for machines: every number of an entry in a column of its own."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.report.content.parts import Entry
from bench.report.content.table import Table

NOTE = "note"
"""The end of the name of a column with the texts of entries that have no numbers ("not run")."""
_LEVEL = re.compile(r" \[\d+ %(?: interval)?\]")
"""Of an interval, in the head of a column whose interval has columns of its own."""
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
Cell = str | float | int | None


def spread(table: Table) -> Iterator[list[Cell]]:
    """The header, then the lines. A column whose entries have numbers (`Entry.numbers`) becomes one column a number,
    `<head>_<name>`, and `<head>_note` where some entries have none but say why."""
    columns = [_column(head, [line[place] for line in table.lines]) for place, head in enumerate(table.header)]
    for cells in zip(*columns, strict=True):
        yield [cell for some in cells for cell in some]


def _column(head: str, entries: Sequence[Any]) -> list[list[Cell]]:
    """The header and the entries of the columns that one column becomes."""
    known = [_numbers(entry) for entry in entries]
    names = list(dict.fromkeys(name for numbers in known for name in numbers or ()))
    if not any(isinstance(entry, Entry) and entry.numbers for entry in entries):
        return [[head], *([_plain(entry)] for entry in entries)]
    texts = ["" if numbers is not None else str(entry) for entry, numbers in zip(entries, known, strict=True)]
    has_notes = any(texts)
    base = _LEVEL.sub("", head)
    header: list[Cell] = [f"{base}_{name}" if name else base for name in (*names, *([NOTE] if has_notes else []))]
    lines: list[list[Cell]] = [[(numbers or {}).get(name) for name in names] for numbers in known]
    return [header, *([*line, text] if has_notes else line for line, text in zip(lines, texts, strict=True))]


def _numbers(entry: Any) -> Mapping[str, Cell] | None:
    if isinstance(entry, Entry):
        return entry.numbers
    return {"": entry} if isinstance(entry, int | float) else None


def _plain(entry: Any) -> Cell:
    """A number as it is, and one that was written with thousands set off without them; any other text as it is."""
    if isinstance(entry, int | float) and not isinstance(entry, bool):
        return entry
    text = str(entry)
    if "," not in text or not _NUMBER.fullmatch(text):
        return text
    digits = text.replace(",", "")
    return float(digits) if "." in digits else int(digits)
