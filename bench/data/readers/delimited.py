"""CSV and its like, into rows of strings as they are written, each with its line. Imports nothing heavy.

What could be read in two ways is refused, with the line: a row with too many or too few fields, a quote that is never
closed, and a quote that swallows rows, so that a text would hold other rows and their labels.
"""

import csv
import re
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from bench.config.names import SIGNS
from bench.data.readers.files import Malformed

Quoting = Literal["auto", "standard", "none", "backslash"]
QUOTING = ("auto", "standard", "none", "backslash")
CANDIDATES = (",", ";", "\t", "|")
MAX_NAMED = 5
"""Rows that one message names."""
_LINE_END = re.compile(r"\r\n|\r|\n")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[ \t]*(\r\n|\r|\n)')
"""What Excel reads, and some programs write, above the column names."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read."""

    usual: str
    """The delimiter of files with this ending, used unless the column names say otherwise."""
    delimiter: str | None = None
    quoting: Quoting = "auto"
    more_header_lines: int = 0
    """Lines between the column names and the first row."""
    columns: tuple[str, ...] | None = None
    """Their names, where the file has no line of them."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of strings, as many in each as there are columns."""

    columns: list[str]
    rows: list[list[str]]
    lines: Sequence[int]
    """Where each row begins, as an editor counts."""
    numbers: Sequence[int]
    """Which row of a spreadsheet each is: blank lines are rows there, and a row of several lines is one."""
    notes: tuple[str, ...] = ()
    """What somebody should know who thinks the file was read otherwise."""
    empty_lines: int = 0
    """They are no rows."""
    delimiter: str = ","
    """What separates its columns."""


class _Row(NamedTuple):
    """Made a million times: a tuple, which is quick."""

    fields: list[str]
    first: int
    last: int
    number: int
    """As a spreadsheet counts."""


def delimiter_of(written: str | None, option: str) -> str | None:
    """The character that an option names. Raises Malformed."""
    if written is None:
        return None
    delimiter = SIGNS.get(written, written)
    if len(delimiter) != 1 or delimiter in '"\r\n\\\0':
        raise Malformed(f"{option}={written!r} must be one character, or one of {', '.join(SIGNS)}")
    return delimiter


def count_lines(content: str) -> int:
    """How many lines end in a text."""
    return sum(1 for _ in _LINE_END.finditer(content))


def parse(
    content: str,
    layout: Layout,
    *,
    wanted: Sequence[str],
    label: str | None,
    prefix: str = "data.",
    before: int = 0,
) -> Table:
    """Read a file's text. `wanted` are columns that should be there, by which the delimiter is found.

    Of a piece of a file, `before` says how many lines are above it. Labels (of the column `label`; None: of whichever
    repeats itself) tell rows inside of texts from texts of several lines. Raises Malformed; options are named with
    `prefix`.
    """
    csv.field_size_limit(sys.maxsize)  # texts may be long
    notes, skipped, delimiter = [], before, layout.delimiter
    if not before and (separator := SEPARATOR_LINE.match(content)):
        content, skipped = content[separator.end() :], 1
        delimiter = delimiter or separator[1]
    delimiter = delimiter or _found(content, layout, wanted)
    if delimiter not in (layout.usual, layout.delimiter):
        notes.append(
            f"columns are separated by {delimiter!r}, as its first line tells ({prefix}delimiter chooses another)"
        )
    try:
        rows, empty_lines = _rows(content, delimiter, layout.quoting, skipped, prefix)
    except (csv.Error, TypeError, ValueError) as error:  # a delimiter that csv refuses
        raise (
            error if isinstance(error, Malformed) else Malformed(f"{prefix}delimiter={delimiter!r}: {error}")
        ) from error
    if not rows:
        raise Malformed("is empty; its first line has to name the columns")
    columns = rows[0].fields if layout.columns is None else list(layout.columns)
    rows = rows[1 + layout.more_header_lines :] if layout.columns is None else rows
    _refuse_ragged(rows, columns, delimiter, prefix)
    if over := [row for row in rows if row.last > row.first]:
        if layout.quoting != "standard" and len(columns) > 1:
            raw = _Raw(list(_lines(content)), columns, rows, delimiter, skipped)
            raw.refuse_swallowed(over, _way_out(content, prefix), wanted[:1], label, prefix)
        lines = sum(row.last - row.first + 1 for row in rows)
        verb = "row go" if len(over) == 1 else "rows go"
        notes.append(
            f"{lines:,} lines gave {len(rows):,} rows: quoted cells of {len(over):,} {verb} over several lines "
            f"({prefix}quoting=none reads quotes as they are)"
        )
    # as plain numbers: of a million objects between the rows, each would hold on to memory that the rows free
    places = array("q", (row.first for row in rows)), array("q", (row.number for row in rows))
    return Table(columns, [row.fields for row in rows], *places, tuple(notes), empty_lines, delimiter)


def _lines(content: str) -> Iterator[str]:
    """The lines with their ends, one after the other: a copy of all of them may not fit beside a big file."""
    start = 0
    for found in _LINE_END.finditer(content):
        yield content[start : (start := found.end())]
    if start < len(content):
        yield content[start:]


def _reader(content: str, delimiter: str, quoting: Quoting) -> Any:
    options: dict[str, Any] = {"delimiter": delimiter, "strict": True}
    if quoting == "none":
        options |= {"quoting": csv.QUOTE_NONE}
    elif quoting == "backslash":
        options |= {"escapechar": "\\"}
    return csv.reader(_lines(content), **options)


def _found(content: str, layout: Layout, wanted: Sequence[str]) -> str:
    """The delimiter that gives the most of the wanted columns; the usual one where others give no more.

    Where none gives any of them, the one that gives the most columns, so that what is said of them is no riddle.
    """
    if layout.columns is not None:
        return layout.usual

    def columns_found(delimiter: str) -> tuple[int, int]:
        try:
            columns: list[str] = next(filter(None, _reader(content, delimiter, layout.quoting)), [])
        except csv.Error:
            return -1, 0
        found = sum(name in columns for name in dict.fromkeys(wanted))
        return found, len(columns) if found == 0 else 0

    return max(dict.fromkeys((layout.usual, *CANDIDATES)), key=columns_found)


def _rows(content: str, delimiter: str, quoting: Quoting, skipped: int, prefix: str) -> tuple[list[_Row], int]:
    """All rows, column names included, and how many blank lines there are, which are none. Raises Malformed."""
    reader = _reader(content, delimiter, quoting)
    rows, line, number = [], skipped, 0
    try:
        for number, fields in enumerate(reader, start=1):
            first, last = line + 1, reader.line_num + skipped
            line = first if last == first else last  # one object for both, where that can be
            if fields:
                rows.append(_Row(fields, first, line, number))
    except csv.Error as error:
        if reader.line_num == 0:
            raise
        at, reason = reader.line_num + skipped, str(error)
        if "unexpected end of data" in reason:
            at, reason = line + 1, f"unexpected end of data at line {at}: a quote is opened here and never closed"
        elif "expected after" in reason:
            opened = f" (its row begins at line {line + 1})" if at > line + 1 else ""
            reason = f"text stands behind a closing quote{opened}"
        raise Malformed(f"line {at}: {reason}; {_way_out(content, prefix)}") from error
    return rows, number - len(rows)


def _way_out(content: str, prefix: str) -> str:
    """What to do about quotes that can't be right."""
    if '\\"' in content:
        return f"{prefix}quoting=backslash reads quotes after a backslash as part of a text"
    return f"mend the quotes, or {prefix}quoting=none reads them as they are, one row a line"


def _refuse_ragged(rows: Sequence[_Row], columns: Sequence[str], delimiter: str, prefix: str) -> None:
    """Raise Malformed, naming the first few lines, where rows have other numbers of fields than the header."""
    ragged = [row for row in rows if len(row.fields) != len(columns)]
    if not ragged:
        return
    first, *others = ragged[:MAX_NAMED]
    also = "".join(f", line {row.first}: {len(row.fields)}" for row in others)
    more = f", and {len(ragged) - MAX_NAMED} more rows" if len(ragged) > MAX_NAMED else ""
    raise Malformed(
        f"line {first.first}: {len(first.fields)} fields where the header has {len(columns)}{also}{more}; cells with "
        f"{delimiter!r} in them have to be quoted, or {prefix}delimiter is another"
    )


@dataclass(frozen=True, slots=True)
class _Raw:
    """A file's lines beside the rows that were read from them."""

    lines: list[str]
    columns: Sequence[str]
    rows: Sequence[_Row]
    delimiter: str
    before: int = 0
    """Lines of the file above these."""

    def refuse_swallowed(
        self, over: Sequence[_Row], way_out: str, text: Sequence[str], label: str | None, prefix: str
    ) -> None:
        """Raise Malformed where a row `over` several lines is made of lines that each look like a row of their own."""
        looks_like_row = self._test(text, label)
        for row in over:
            inside = [line for line in map(self._cut, self._of(row)) if line != [""]]
            ends = (inside[0], inside[-1])
            alike = sum(map(looks_like_row, inside))
            if all(len(line) == len(self.columns) for line in ends) and 2 * alike > len(inside):
                raise Malformed(
                    f"line {row.first}: a quote is opened here and closed at line {row.last}, and what is between "
                    f"looks like rows of its own; {way_out} ({prefix}quoting=standard takes it for one text)"
                )

    def _of(self, row: _Row) -> list[str]:
        return self.lines[row.first - 1 - self.before : row.last - self.before]

    def _cut(self, line: str) -> list[str]:
        """A line, cut at the delimiters whatever is quoted."""
        return line.rstrip("\r\n").split(self.delimiter)

    def _test(self, text: Sequence[str], label: str | None) -> Callable[[list[str]], bool]:
        """A function that says of a line, cut at the delimiters, whether it looks like a whole row."""
        short, least = [row.fields for row in self.rows if row.first == row.last], 1
        if len(short) < 2:  # next to all is swallowed
            short, least = [line for line in map(self._cut, self.lines[1:]) if len(line) == len(self.columns)], 2
        place = self.columns.index(label) if label in self.columns else self._repeating(short, text)
        counts = Counter(_bare(fields[place]) for fields in short) if place is not None else Counter()
        known = {cell for cell, count in counts.items() if cell and count >= least}  # an empty cell is no label

        def looks_like_row(line: list[str]) -> bool:
            if len(line) != len(self.columns):
                return False
            return _bare(line[place]) in known if place is not None else self.delimiter == "\t" and least == 1

        return looks_like_row

    def _repeating(self, rows: Sequence[list[str]], text: Sequence[str]) -> int | None:
        """The column with the fewest different cells, beside the text; None where all are as good as unique."""
        others = [place for place, name in enumerate(self.columns) if name not in text]
        counts = {place: len({fields[place] for fields in rows}) for place in others}
        place = min(counts, key=lambda place: counts[place], default=None)
        return place if place is not None and 2 * counts[place] <= len(rows) else None


def _bare(cell: str) -> str:
    return cell.strip('"')
