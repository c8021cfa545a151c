"""Columns that an option names and that are not there: all of them at once, with how those that are there are given."""

import re

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers.part import Part, columns_asked
from bench.escape.shell import word

MAX_NAMED = 40
LONGEST = 80
"""Characters of a name in a message."""
MIN_WORDS = 5
"""A column whose name has so many words is called by a text: the file has no line of names."""
_PLAIN = re.compile(r"[\w.-]+", re.ASCII)
"""Names that the command line takes without quotes."""


def refuse_missing(part: Part, data: DataConfig) -> None:
    """Raise UserError, with every option that names a column which the part has not."""
    asked = [(f"data.{option}", name) for option, name in columns_asked(data)]
    missing = [(option, name) for option, name in asked if name not in part.table.column_names]
    if not missing:
        return
    where = f" in split {part.split!r}" if part.split else ""
    if data.source == "file":  # its parts' names are ours, nobody gave them
        where = " in the file of data.test_path" if part.split == "test" else " in the file"
    if not part.columns:
        raise data_error(data, "it is empty: there is no column and no row")
    named = " and ".join(f"{option}={name}" for option, name in missing)
    verb = "is" if len(missing) == 1 else "are"
    there = shortened(list(part.columns)) + _way_out(missing, part)
    raise data_error(data, f"{named} {verb} not there{where}; columns are {there}")


def shortened(names: list[str]) -> str:
    """The names, separated by commas; of very many the first, of very long ones the start."""
    more = f", ... ({len(names)} in all)" if len(names) > MAX_NAMED else ""
    return ", ".join(name if len(name) <= LONGEST else f"{name[:LONGEST]}..." for name in names[:MAX_NAMED]) + more


def _way_out(missing: list[tuple[str, str]], part: Part) -> str:
    """What to do; empty where the names alone say it."""
    if any(len(name.split()) >= MIN_WORDS for name in part.columns):
        return "; that reads like a row: write a line with the columns' names above it"
    inside = [name for _, name in missing if name.partition(".")[0] in part.columns]
    if inside:
        return f" (values inside a column are not read: write {' and '.join(inside)} as columns of their own)"
    return _hint(missing[0][0], part)


def _hint(option: str, part: Part) -> str:
    """How a name with blanks or signs is written on the command line; empty where none has any."""
    odd = next((name for name in part.columns if not _PLAIN.fullmatch(name) and len(name) <= LONGEST), None)
    if odd is None:
        return ""
    value = odd.replace('"', '\\"')
    written = word(f'{option}="{value}"')
    return f" (names with blanks or signs are given in two kinds of quotes, as {written})"
