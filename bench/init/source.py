"""Reading what `bench init` is pointed at, all columns of it, and how it has to be described."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from bench.data.readers import delimited, json_rows
from bench.data.readers.files import DELIMITERS, JSON_FILES, Malformed, content_of, decoded, kind_of, refuse_irregular
from bench.errors import UserError, said
from bench.escape.characters import shortened

ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1")
"""That are tried, in this order: the first that fits."""
MIN_WORDS = 6
"""A column whose name has so many words is called by a text."""
ENDINGS = (*DELIMITERS, *JSON_FILES, ".parquet")
Values = list[str | None]


@dataclass(frozen=True, slots=True)
class Raw:
    """Rows as they stand in a file or folder."""

    columns: Mapping[str, Values]
    description: str
    """Format, delimiter and encoding, for a reader."""
    options: Mapping[str, object]
    """Options of the data's YAML that reading it takes."""
    place: Callable[[int], str]
    """Where a row stands, as a spreadsheet or an editor counts."""
    notes: tuple[str, ...] = ()
    parts: Sequence[str] = field(default_factory=tuple)
    """The published split of each row, where files say so; empty: one part."""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))


def read_source(where: str) -> Raw:
    """The rows of the file or folder `where`. Raises UserError, saying what is wrong and where."""
    path = Path(where).expanduser()
    try:
        if path.is_dir():
            return _read_folder(path)
        return _read_file(path)
    except Malformed as error:
        raise UserError(f"{path}: {error}") from error
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{path} cannot be read: {said(error)}") from error


def _read_file(path: Path) -> Raw:
    kind = kind_of(path)
    refuse_irregular(path)
    if kind in DELIMITERS:
        return _read_delimited(path, DELIMITERS[kind], 2 if kind == ".tab" else 0)
    if kind in JSON_FILES:
        return _read_json(path)
    if kind == ".parquet":
        return _read_parquet(path)
    raise UserError(f"{path} must end in one of {', '.join(ENDINGS)} (or .csv.gz and so on)")


def _decoded(path: Path) -> tuple[str, str]:
    """The file's text, and the first encoding that fits."""
    content = content_of(path)
    if content[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\0" in content[:4096]:
        raise Malformed("holds bytes of no text (NUL)")
    for encoding in ENCODINGS:
        if encoding == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            return decoded(content, encoding, "data.encoding"), encoding
        except Malformed:
            if encoding == ENCODINGS[-1]:
                raise
    raise AssertionError("latin-1 fits everything")


def _read_delimited(path: Path, usual: str, more_header_lines: int) -> Raw:
    text, encoding = _decoded(path)
    layout = delimited.Layout(usual, None, "auto", more_header_lines)
    table = delimited.parse(text, layout, wanted=(), label=None)
    if any(len(name.split()) >= MIN_WORDS for name in table.columns):
        raise Malformed(
            f"line 1 reads like a row ({shortened(table.columns[0], 60)}): write a line with names above it"
        )
    if repeated := sorted({name for name in table.columns if table.columns.count(name) > 1}):
        raise Malformed(f"has more than one column {repeated[0]!r}")
    columns = {name: [row[at] or None for row in table.rows] for at, name in enumerate(table.columns)}
    delimiter = _delimiter(text, layout, table.columns)
    options: dict[str, object] = {} if delimiter == usual else {"delimiter": _name(delimiter)}
    if encoding != "utf-8":
        options["encoding"] = encoding
    shown = f"{kind_of(path).removeprefix('.').upper()}, columns separated by {_name(delimiter)}, {encoding}"
    numbers = table.numbers
    return Raw(columns, shown, {"path": str(path)} | options, lambda row: f"row {numbers[row]}", table.notes)


def _delimiter(text: str, layout: delimited.Layout, columns: Sequence[str]) -> str:
    """What `delimited.parse` separated the columns by."""
    body = delimited.SEPARATOR_LINE.sub("", text, count=1)
    header = body.partition("\n")[0].strip("\r")
    return next((sign for sign in delimited.CANDIDATES if header.count(sign) >= max(1, len(columns) - 1)), layout.usual)


def _name(delimiter: str) -> str:
    return next((name for name, sign in delimited.NAMES.items() if sign == delimiter), delimiter)


def _read_json(path: Path) -> Raw:
    text, encoding = _decoded(path)
    found = json_rows.parse(text)
    nested = {name for row in found.rows for name, value in row.items() if isinstance(value, dict | list)}
    columns = {name: [_text(row.get(name)) for row in found.rows] for name in found.columns if name not in nested}
    if nested and len(columns) < 2:
        raise Malformed(f"has its values inside {', '.join(sorted(nested)[:5])}: write them as columns of their own")
    options = {"path": str(path)} | ({} if encoding == "utf-8" else {"encoding": encoding})
    places = found.places
    kind = "JSON lines" if found.unit == "line" else "a JSON array"
    return Raw(columns, f"{kind}, {encoding}", options, lambda row: f"{found.unit} {places[row]}")


def _read_parquet(path: Path) -> Raw:
    table = pyarrow.parquet.read_table(path)
    columns: dict[str, Values] = {}
    for name in dict.fromkeys(table.column_names):
        column = table[table.column_names.index(name)]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        columns[name] = [_text(value) for value in column.to_pylist()]
    return Raw(columns, "Parquet", {"path": str(path)}, lambda row: f"row {row + 1}")


def _text(value: object) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _read_folder(path: Path) -> Raw:
    """A folder of tables (train.csv, test.csv), or one folder of text files a label."""
    tables = sorted(file for file in path.iterdir() if file.is_file() and kind_of(file) in ENDINGS)
    if tables:
        return _read_tables(path, tables)
    folders = sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    files = [file for folder in folders for file in sorted(folder.iterdir()) if file.is_file() and file.name[0] != "."]
    if not files:
        raise UserError(f"{path} holds neither tables ({', '.join(ENDINGS)}) nor a folder of text files for each label")
    texts: Values = [decoded(content_of(file), "utf-8,cp1252", "data.encoding").strip() for file in files]
    labels: Values = [file.parent.name for file in files]
    columns = {"text": texts, "label": labels}
    options = {"source": "folder", "reader": "class_folders", "path": str(path), "encoding": "utf-8,cp1252"}
    shown = f"one folder of text files for each of {len(folders)} labels"
    return Raw(columns, shown, options, lambda row: str(files[row].relative_to(path)))


def _read_tables(path: Path, tables: Sequence[Path]) -> Raw:
    read = [_read_file(table) for table in tables]
    names = list(dict.fromkeys(name for raw in read for name in raw.columns))
    columns = {name: [value for raw in read for value in raw.columns.get(name, [None] * len(raw))] for name in names}
    starts = [sum(map(len, read[:at])) for at in range(len(read))]

    def place(row: int) -> str:
        at = max(number for number, start in enumerate(starts) if start <= row)
        return f"{tables[at].name}, {read[at].place(row - starts[at])}"

    parts = [table.name.split(".")[0] for table, raw in zip(tables, read, strict=True) for _ in range(len(raw))]
    options = {"source": "hub", "path": str(path)} | {k: v for k, v in read[0].options.items() if k != "path"}
    shown = f"{len(tables)} tables ({', '.join(table.name for table in tables)}): {read[0].description}"
    return Raw(columns, shown, options, place, tuple(note for raw in read for note in raw.notes), parts)
