"""Reading what is to be classified, and refusing what can't be. Imports nothing heavy.

A file is looked at as a whole before anything is classified: what is wrong in its last line is said at once. What is
more than a piece long is read a second time then, piece by piece, so that its size costs no memory.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from bench.data.readers import delimited
from bench.data.readers.delimited import Quoting
from bench.data.readers.files import (
    DELIMITERS,
    JSON_FILES,
    Malformed,
    kind_of,
    local_path,
    refuse_irregular,
    said_of,
)
from bench.data.readers.pieces import PIECE, encoding_of, pieces
from bench.errors import UserError
from bench.escape.terminal import say
from bench.predict.columns import UNKNOWN, Joining, TextColumns, candidates
from bench.predict.inputs import Inputs, OnEmpty, Source, checked

LINES = 20_000
"""Of standard input that are classified together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read, as `data.encoding`, `data.delimiter` and `data.quoting` say it of training data."""

    encoding: str = "utf-8"
    delimiter: str | None = None
    quoting: Quoting = "auto"
    template: str | None = None
    """How a text is made of several columns, as `data.text_template`; None: as `trained` says."""
    trained: Joining = UNKNOWN
    """What the model's training texts were made of."""
    on_empty: OnEmpty = "refuse"
    option: str = "--file"
    """What names the file, in messages."""
    piece: int = PIECE
    """Characters that are read at once."""


def from_arguments(texts: Sequence[str], on_empty: OnEmpty = "refuse") -> Source:
    """Texts of the command line; a single `-` stands for standard input, one text a line. Raises UserError."""
    if list(texts) == ["-"]:
        return _from_standard_input(on_empty)
    places = [f"text {number}" for number in range(1, len(texts) + 1)]
    block = checked(list(texts), places, on_empty=on_empty)
    return Source(block.columns, lambda: iter([block]), len(texts))


def _from_standard_input(on_empty: OnEmpty) -> Source:
    """Lines as they come: who writes them need not have ended."""
    lines = (line.removesuffix("\n").removesuffix("\r") for line in sys.stdin)
    first = list(islice(lines, 1))
    if not first:
        raise UserError("standard input has no text")
    if first[0].startswith('{"') and first[0].endswith("}"):
        say(
            "note: standard input is read as one text a line, and this looks like JSON: give --file FILE.jsonl",
            error=True,
        )

    def blocks() -> Iterator[Inputs]:
        number, some = 0, [*first, *islice(lines, LINES - 1)]
        while some:
            places = [f"standard input, line {number + one}" for one in range(1, len(some) + 1)]
            yield checked(some, places, on_empty=on_empty)
            number, some = number + len(some), list(islice(lines, LINES))

    return Source(["text"], blocks)


def from_file(path: str, text_column: str | None, reading: Reading | None = None) -> Source:
    """The texts of a file: a column of a table, or the lines of a `.txt`; `-` is standard input.

    `text_column` may be several columns, separated by commas, which are joined as training joins them; None: those
    that the model was trained on, or `text`.

    Tables are read as training reads them (`bench.data.readers`). Raises UserError, naming the file and the line.
    """
    reading = reading or Reading()
    if path == "-":
        return from_arguments(["-"], reading.on_empty)
    try:
        return _looked_at(_source(local_path(path), path, text_column, reading))
    except OSError as error:
        raise UserError(f"{reading.option} {path}: {error.strerror or error}") from error
    except Malformed as error:
        raise UserError(" ".join(said_of(path, error).split())) from error


def _looked_at(source: Source) -> Source:
    """The same, after all of it was read once; what is no more than a block stays in memory."""
    blocks = source.blocks()
    first, second = next(blocks, None), next(blocks, None)
    if first is not None and second is None:
        return Source(first.columns, lambda: iter([first]), len(first.texts))
    count = sum(len(block.texts) for block in (first, second) if block is not None)
    return replace(source, count=count + sum(len(block.texts) for block in blocks))


def _source(file: Path, path: str, text_column: str | None, reading: Reading) -> Source:
    kind = kind_of(file)
    if kind not in (*DELIMITERS, *JSON_FILES, ".parquet", ".txt"):
        named = ", ".join((*DELIMITERS, *JSON_FILES, ".parquet"))
        raise UserError(f"{reading.option} {path} must end in {named} or .txt (one text a line)")
    refuse_irregular(file)

    def wanted(there: list[str]) -> TextColumns:
        return TextColumns(there, path, text_column, reading.template, reading.trained)

    if kind == ".parquet":
        from bench.predict.objects import from_parquet

        return from_parquet(file, path, wanted, reading.on_empty)
    encoding = encoding_of(file, reading.encoding, "--encoding")
    if kind == ".txt":
        return _from_lines(lambda: pieces(file, encoding, "lines", reading.piece), path, reading)
    if kind in JSON_FILES:
        from bench.predict.objects import from_json

        return from_json(lambda: pieces(file, encoding, "lines", reading.piece), path, wanted, reading.on_empty)
    return _Table(file, path, encoding, kind, text_column, reading).source()


def _from_lines(read: Callable[[], Iterator[str]], path: str, reading: Reading) -> Source:
    """A text in each line."""

    def blocks() -> Iterator[Inputs]:
        before = 0
        for piece in read():
            lines = [line.removesuffix("\r") for line in piece.removesuffix("\n").split("\n")]
            places = [f"{path}, line {before + number}" for number in range(1, len(lines) + 1)]
            yield checked(lines, places, on_empty=reading.on_empty)
            before += len(lines)
        if not before:
            raise UserError(f"{path} has no text")

    return Source(["text"], blocks)


@dataclass(frozen=True, slots=True)
class _Table:
    """A file of delimited values."""

    file: Path
    path: str
    encoding: str
    kind: str
    text_column: str | None
    reading: Reading

    def source(self) -> Source:
        """Its rows; the first piece says which columns there are, and what separates them."""
        first = next(self._pieces(), "")
        table = self._parsed(first, self._layout())
        for note in table.notes:
            print(f"{self.path}: {note}", file=sys.stderr)
        reading = self.reading
        wanted = TextColumns(table.columns, self.path, self.text_column, reading.template, reading.trained)
        if not table.rows:
            raise UserError(f"{self.path} has no text: nothing stands below the column names")
        return Source(table.columns, lambda: self._blocks(wanted, table))

    def _pieces(self) -> Iterator[str]:
        ends = {"none": "lines", "backslash": "backslash"}
        return pieces(self.file, self.encoding, ends.get(self.reading.quoting, "quoted"), self.reading.piece)  # type: ignore[arg-type]

    def _layout(self) -> delimited.Layout:
        asked = delimited.delimiter_of(self.reading.delimiter, "--delimiter")
        more = 2 if self.kind == ".tab" else 0
        return delimited.Layout(DELIMITERS[self.kind], asked, self.reading.quoting, more_header_lines=more)

    def _parsed(self, piece: str, layout: delimited.Layout, before: int = 0) -> delimited.Table:
        wanted = candidates(self.text_column, self.reading.trained)
        return delimited.parse(piece, layout, wanted=wanted, label=None, prefix="--", before=before)

    def _blocks(self, wanted: TextColumns, first: delimited.Table) -> Iterator[Inputs]:
        """`first` is the table of the first piece; those behind it have no line of names."""
        layout = replace(self._layout(), delimiter=first.delimiter, columns=tuple(first.columns), more_header_lines=0)
        before = 0
        for piece in self._pieces():
            if before and not piece.strip("\r\n"):
                continue  # nothing but empty lines at the end
            table = self._parsed(piece, layout, before) if before else first
            places = [f"{self.path}, line {line}" for line in table.lines]
            texts = [wanted.text(dict(zip(table.columns, row, strict=True))) for row in table.rows]
            yield checked(texts, places, table.columns, table.rows, self.reading.on_empty)
            before += delimited.count_lines(piece)
