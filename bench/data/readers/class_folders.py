"""Texts that lie in one folder for each label, one file an example."""

import dataclasses
import re
from pathlib import Path

import pyarrow as pa

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers.part import Part, read_text


def read_class_folders(root: Path, data: DataConfig) -> Part:
    """The files of each folder in `root`: the folder's name is the label, `label/filename` the id.

    Labels come in alphabetical order, files as a reader would number them (2 before 10). With
    `text_part=first_line` the text is a file's first line. Raises UserError.
    """
    if data.splits is not None:
        raise data_error(data, "data.splits does not go with data.reader=class_folders")
    folders = sorted(path for path in root.glob("*") if path.is_dir() and not path.name.startswith("."))
    files = [file for folder in folders for file in _files(folder)]
    if not files:
        place = f"data.wheel.root={root.name}" if data.source == "wheel" else f"data.path={root}"
        raise data_error(data, f"no folders with text files in {place}: one for each label is needed")
    rows = {
        "id": [f"{file.parent.name}/{file.name}" for file in files],
        "text": [_text(file, data) for file in files],
        "label": [file.parent.name for file in files],
    }
    table = pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()})
    return Part(split="", table=table, columns=tuple(rows), place=rows["id"].__getitem__)


def as_columns(data: DataConfig) -> DataConfig:
    """`data` with the column names that `read_class_folders` and `read_trec` give their tables."""
    return dataclasses.replace(
        data, text_column="text", text_template=None, label_column="label", id_column="id", label_names=None
    )


def _files(folder: Path) -> list[Path]:
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return sorted(files, key=lambda path: _natural(path.name))


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """A sort key that compares runs of digits as numbers."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", name)
    return tuple((int(piece), piece) if piece.isdecimal() else (-1, piece) for piece in pieces)


def _text(file: Path, data: DataConfig) -> str:
    text = read_text(file, data).strip()
    # Not splitlines(): it also breaks at control characters that wrongly encoded texts hold.
    return text.split("\n", 1)[0].strip() if data.text_part == "first_line" else text
