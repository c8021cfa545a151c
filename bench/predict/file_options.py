"""How a command's `--texts FILE` is read: the options that say so, and the reading."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from bench.arguments import option_of
from bench.data.readers.delimited import QUOTING, Quoting
from bench.errors import UserError
from bench.predict.columns import Joining
from bench.predict.inputs import Inputs
from bench.predict.texts import Reading, from_file

if TYPE_CHECKING:
    from bench.models.kept import KeptModel


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """What is said of the file; None: as `bench predict` reads one."""

    text_column: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quoting: Quoting | None = None

    def read(self, file: str, kept: "KeptModel") -> tuple[Inputs, list[int]]:
        """The rows of `file`, for the model `kept`, and the places of those that have a text. Raises UserError."""
        reading = Reading(
            self.encoding or "utf-8",
            self.delimiter,
            self.quoting or "auto",
            trained=Joining(kept.text_columns, kept.text_template),
            on_empty="skip",
            option="--texts",
        )
        found = from_file(file, self.text_column, reading).whole()
        return found, [place for place in range(len(found.texts)) if place not in found.skipped]


NAMES = tuple(field.name for field in fields(FileOptions))


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add them to a command line, which has None where one is not given."""
    parser.add_argument("--text-column", metavar="NAME", help="of --texts, as of bench predict")
    parser.add_argument("--encoding", help="of --texts, as data.encoding (default: utf-8)")
    parser.add_argument("--delimiter", metavar="C", help="of --texts, as data.delimiter (default: found)")
    parser.add_argument("--quoting", choices=QUOTING, help="of --texts, as data.quoting")


def refuse_without_file(given: object, names: Sequence[str] = NAMES) -> None:
    """Raise UserError where one of `names` is given, though there is no file."""
    for name in names:
        if getattr(given, name) is not None:
            raise UserError(f"{option_of(name)} goes with --texts FILE")
