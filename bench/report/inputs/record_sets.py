"""The records of a whole folder, for two such sets to be compared."""

from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import UserError
from bench.errors import said as in_words
from bench.escape.characters import shortened
from bench.escape.filename import key_part
from bench.escape.terminal import say
from bench.results.places import find_records
from bench.results.record import Record
from bench.results.regular import check_folder
from bench.results.store import UnreadableRecord, read

PlacedRecord = tuple[Path, Record]
"""A record and the folder that it is in."""


@dataclass(frozen=True, slots=True)
class RecordSet:
    """One of two sets."""

    kept: dict[str, PlacedRecord] = field(default_factory=dict)
    """The records by key."""
    unreadable: list[str] = field(default_factory=list)
    """Keys of cells whose records are there and can't be used."""

    def __contains__(self, key: str) -> bool:
        return key in self.kept or key in self.unreadable


def read_set(root: Path, name: str, without: str = "not compared") -> RecordSet:
    """The records in the folders of their cells below `root` (`places.find_records`), which is called `name`.

    What is left out is said, with the words `without`: a line each of records that can't be used, one of all that are
    out of place. Raises UserError where there are no records.
    """
    try:
        check_folder(root)
    except OSError as error:
        raise UserError(f"{name}={root} cannot be read: {error.strerror or error}") from error
    if not root.exists():
        raise UserError(f"{name}={root}: there is no such folder{_written_otherwise(root)}")
    places, found = find_records(root), RecordSet()
    for folder in places.own:
        try:
            record = read(folder)
            if record is not None and folder != root and record.key != folder.name:
                raise UnreadableRecord(f"{folder}: the record is another cell's: its key is {record.key}")
        except UnreadableRecord as error:
            say(f"{without}: {shortened(str(error), 1000)}", error=True)
            found.unreadable.append(folder.name)
            continue
        if record is not None:
            found.kept[record.key] = (folder, record)
    for reason in places.closed:
        say(f"{without}: {in_words(reason)}", error=True)
    if places.left_out:
        say(f"{without}: {name}={root}: {places.left_out}", error=True)
    if not found.kept:
        raise UserError(f"{name}={root}: there are no records in it that can be used")
    return found


def _written_otherwise(root: Path) -> str:
    """What to do where the folder is there by the name that records give a data set's: `tickets-b` of `tickets_b`."""
    other = root.with_name(key_part(root.name))
    return f"; {other} is there" if other.name != root.name and other.is_dir() else ""
