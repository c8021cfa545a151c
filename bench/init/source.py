"""Reading what `bench init` is pointed at, all columns of it, as the project reads data, before any is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from pydantic import TypeAdapter

from bench.config import DataConfig
from bench.config.names import SIGNS
from bench.data.read import read_parts
from bench.data.readers.files import (
    DELIMITERS,
    JSON_FILES,
    Malformed,
    content_of,
    decoded,
    ending_text,
    kind_of,
    likely_encoding,
    local_path,
)
from bench.data.readers.part import Part
from bench.errors import UserError, said
from bench.escape.characters import shortened
from bench.init.naming import is_hub_id
from bench.options.validation import validated

MIN_WORDS = 5
"""A column whose name has so many words may be called by a text."""
ENDINGS = (*DELIMITERS, *JSON_FILES, ".parquet")
_DATA = TypeAdapter(DataConfig)


@dataclass(frozen=True, slots=True)
class Source:
    """What there is, before anybody said which columns count."""

    data: DataConfig
    """How it is read; it names no column of texts yet, so that all columns are."""
    parts: tuple[Part, ...]
    """Rows are named as a spreadsheet counts them."""
    description: str
    """Format, delimiter and encoding, for a reader."""
    has_fixed_columns: bool = False
    """Whether `text` and `label` are not columns of a table, but files and their folders."""
    unread: tuple[str, ...] = ()
    """Tables in the folder that are not read."""

    def __len__(self) -> int:
        return sum(len(part.table) for part in self.parts)


def read_source(where: str, given: Mapping[str, str], cache: Path, mirror_dir: str | None) -> Source:
    """The rows of the file, the folder or the data set of the hub. `given` are options of the data's YAML.

    Raises UserError, saying what is wrong and where.
    """
    try:
        content = {**_options(where, detect="encoding" not in given), **given}
    except Malformed as error:
        raise UserError(f"{where}: {error}") from error
    except OSError as error:
        raise UserError(f"{where} cannot be read: {error.strerror or said(error)}") from error
    data = replace(validated(_DATA, {"name": "mine", **content}, ("data",)), text_column=())
    try:
        parts, _, _ = read_parts(data, cache, mirror_dir)
    except UserError as error:
        raise UserError(f"{error}{'; nor is there such a file or folder' if is_hub_id(where) else ''}") from error
    for part in parts:
        _refuse_unnamed(part, data)
    if not sum(len(part.table) for part in parts):
        raise UserError(f"{where} has no rows: nothing to look at")
    delimiter = next((part.delimiter for part in parts if part.delimiter is not None), None)
    if data.source == "file" and data.delimiter is None and delimiter != DELIMITERS.get(kind_of(Path(where))):
        data = replace(data, delimiter=_named(delimiter))
    unread = _unread(data)
    shown = tuple(part.for_spreadsheets(with_split=len(parts) > 1) for part in parts)
    return Source(
        data, shown, _described(data, parts, delimiter), has_fixed_columns=data.reads_class_folder, unread=unread
    )


def _unread(data: DataConfig) -> tuple[str, ...]:
    """Tables that a folder holds beside those that are read."""
    if data.source != "hub" or data.path is None:
        return ()
    from bench.data.readers.hub import unread_tables

    folder = Path(data.path)
    return tuple(str(path.relative_to(folder)) for path in unread_tables(data, folder, ENDINGS))


def _options(where: str, *, detect: bool) -> dict[str, Any]:
    """Options of the data's YAML by which `where` is read. Raises Malformed and OSError."""
    path = local_path(where)
    if is_hub_id(where):
        return {"source": "hub", "id": where}
    if not path.is_dir():
        if kind_of(path) not in ENDINGS:
            raise Malformed(ending_text(path, ENDINGS))
        return {"source": "file", "path": str(path)} | (_encoding([path]) if detect else {})
    if tables := [file for file in sorted(path.iterdir()) if file.is_file() and kind_of(file) in ENDINGS]:
        return {"source": "hub", "path": str(path)} | (_encoding(tables) if detect else {})
    files = [file for folder in path.iterdir() if folder.is_dir() for file in folder.iterdir() if file.is_file()]
    if not files:
        raise Malformed(f"holds neither tables ({', '.join(ENDINGS)}) nor a folder of text files for each label")
    return {"source": "folder", "reader": "class_folders", "path": str(path)} | (_encoding(files) if detect else {})


def _encoding(files: list[Path]) -> dict[str, str]:
    """The encodings that the files are in, the surest first; none where all are UTF-8, which needs no option."""
    found = [_encoding_of(file) for file in files if kind_of(file) != ".parquet"]
    names = sorted(set(found), key=lambda name: (name != "utf-8", name))  # hardly a text of another kind fits UTF-8
    return {} if names in ([], ["utf-8"]) else {"encoding": ",".join(names)}


def _encoding_of(file: Path) -> str:
    """UTF-8 where that fits, else what the bytes look like. Raises Malformed where they look like nothing known."""
    content = content_of(file)
    likely = likely_encoding(content)
    if likely is not None and likely.startswith("utf"):
        return likely
    try:
        decoded(content, "utf-8", "data.encoding")
    except Malformed:
        if likely is None:
            raise
        return likely
    return "utf-8"


def _refuse_unnamed(part: Part, data: DataConfig) -> None:
    """Raise UserError where columns are called by what stands in a row, or all of them hold others."""
    long = next((name for name in part.columns if len(name.split()) >= MIN_WORDS), None)
    if long is not None and part.delimiter is not None and any(_is_own_value(name, part) for name in part.columns):
        raise UserError(
            f"{data.path or data.id}: line 1 reads like a row ({shortened(long, 60)}): write a line with names above it"
        )
    if part.columns and not part.table.column_names:
        raise UserError(
            f"{data.path or data.id} has its values inside {', '.join(part.columns[:5])}: write them as columns of "
            "their own"
        )


def _is_own_value(name: str, part: Part) -> bool:
    """Whether a column is called as one of its values, as where the first row is taken for a line of names."""
    return pc.index(part.table[name], name).as_py() >= 0


def _named(delimiter: str | None) -> str | None:
    return next((name for name, sign in SIGNS.items() if sign == delimiter), delimiter)


def _count_text(parts: Sequence[Part]) -> str:
    return "; rows are counted from 0" if all(part.counts_from_0 for part in parts) else ""


def _described(data: DataConfig, parts: list[Part], delimiter: str | None) -> str:
    splits = ", ".join(part.split for part in parts if part.split)
    if data.reads_class_folder:
        return "One folder of text files for each label"
    if data.source == "hub":
        what = f"data set {data.id} of the hub" if data.id else "a folder of tables"
        return f"{what[0].upper()}{what[1:]} ({splits}){_count_text(parts)}"
    kind = kind_of(Path(data.path or ""))
    if kind == ".parquet":
        return f"Parquet{_count_text(parts)}"
    if kind in JSON_FILES:
        unit = parts[0].where(0).rpartition(", ")[2].split(" ")[0]
        return f"{'JSON lines' if unit == 'line' else 'A JSON array'}, {data.encoding}"
    return f"{kind.removeprefix('.').upper()}, columns separated by {_named(delimiter)}, {data.encoding}"
