"""A file of texts beside the data, read as `bench predict` reads one, with the text's column called as in the data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.config import DataConfig
from bench.data.readers.delimited import Quoting
from bench.errors import UserError
from bench.predict.columns import USUAL, Joining
from bench.predict.inputs import Inputs
from bench.predict.texts import Reading, from_file


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """What the command line says of the file."""

    option: str
    """What names it."""
    path: str
    text_column: str | None = None
    """Of the text, where it is called otherwise than in the data."""
    encoding: str | None = None
    """None: UTF-8, or that of the data."""
    delimiter: str | None = None
    quoting: Quoting = "auto"


def read(given: GivenFile, data: DataConfig) -> Inputs:
    """The rows of the file. Raises UserError where it can't be read, or lacks a column of the text."""
    if given.text_column is not None and len(data.text_columns) > 1:
        raise UserError(f"--text-column is one column, and data {data.name} has {' and '.join(data.text_columns)}")
    reading = Reading(
        encoding=given.encoding or ",".join(dict.fromkeys(["utf-8", *map(str.strip, data.encoding.split(","))])),
        delimiter=given.delimiter,
        quoting=given.quoting,
        trained=Joining(data.text_columns, data.text_template),
        on_empty="skip",
        option=given.option,
    )
    found = from_file(given.path, given.text_column, reading).whole()
    columns = _called(found.columns, given, data)
    if missing := [name for name in data.text_columns if name not in columns]:  # a file of lines has one column
        raise UserError(f"{given.path} has no column {missing[0]!r}, of which data {data.name} make their texts")
    return replace(found, columns=columns)


def _called(columns: Sequence[str], given: GivenFile, data: DataConfig) -> list[str]:
    """The columns, the one that texts were read from called as in the data."""
    own = data.text_columns[0]
    read = given.text_column or (own if own in columns else USUAL)
    if len(data.text_columns) > 1 or read == own:
        return list(columns)
    if own in columns:
        raise UserError(
            f"--text-column {read}: {given.path} has a column {own!r}, too, as data {data.name} call theirs"
        )
    return [own if name == read else name for name in columns]
