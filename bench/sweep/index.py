"""What plans, skip checks and summaries need of each record, remembered in one file of the results folder.

Reading ten thousand records takes seconds, looking at their files a tenth of one. The index is a memory of records and
nothing else: an entry counts only for a file of the size and modification time that it was made from, so one that is
stale, lost or not readable costs time and never changes an answer. A record that can't be read is not remembered.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from bench.cell import Cell
from bench.escape.characters import shortened
from bench.results import store
from bench.results.block import Amount, Count
from bench.results.cut_texts import CutShares, shares_of
from bench.results.places import place_of
from bench.results.record import Record, Status
from bench.results.regular import read_regular
from bench.running.provenance import CHANGING
from bench.sweep.cost import recorded_cost

INDEX = ".index.json"
FORMAT = 7
"""Goes up with every change of `Entry` and of what `recorded_cost` gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record in brief."""

    modified: int
    """When the file was modified, in ns."""
    size: int
    key: str
    status: Status
    model_kept: bool
    reason: str | None
    """The last line of the failure's message."""
    model: str
    method: str | None
    data: str
    cost: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """`bench.sweep.cost.relative_cost` of the cell."""
    device: str
    device_name: str
    started: str
    ended: str
    loading: Amount | None
    """Seconds for data and model; null, as the next ones are, unless the status is `ok`."""
    total: Amount | None
    """Seconds of the whole cell."""
    peak_device: Count | None
    """Bytes; null on a CPU too."""
    longest: Count | None
    """Tokens of the longest training example; null where it is not known."""
    cut: CutShares | None
    """What `max_length` cuts off; null where it is not known."""
    packages: dict[str, str]
    """Versions of what may change a result (`bench.running.provenance.CHANGING`)."""
    precision: str | None
    model_revision: str | None
    data_revision: str | None


@dataclass(frozen=True, slots=True)
class _File:
    """The index as it is written; entries by folder, relative to the results."""

    format: int
    entries: dict[str, Entry]


_FILE = TypeAdapter(_File)


class Index:
    """The records below one results folder. As a context it is read at the start and kept at the end."""

    def __init__(self, results_dir: str | Path) -> None:
        self.results_dir = Path(results_dir)
        self._prefix = f"{self.results_dir}{os.sep}"
        self._entries: dict[str, Entry] = {}
        self._new: dict[str, Entry] = {}
        self.unusable: dict[str, str] = {}
        """Why records of cells can't be used, by folder."""

    def __enter__(self) -> "Index":
        self._entries = self._load()
        return self

    def __exit__(self, *_: object) -> None:
        if self._new:
            self._save()

    def of(self, cell: Cell) -> Entry | None:
        """The record of `cell`; None where it has none that can be read and used."""
        folder = cell.folder(self.results_dir)
        entry = self.look(folder)
        if entry is not None and entry.key != cell.key:
            self.unusable[str(folder)] = f"the record is another cell's: its key is {entry.key}"
            return None
        return entry

    def said_unusable(self) -> str | None:
        """One line on the records that can't be used and count as missing; None where there are none."""
        if not self.unusable:
            return None
        first, reason = next(iter(self.unusable.items()))
        reason = shortened(reason.removeprefix(f"{Path(first, store.RECORD)}: "))
        count = len(self.unusable)
        many = f"{count:,} records cannot be used, and their cells count as missing, the first"
        what = "1 record cannot be used, and its cell counts as missing:" if count == 1 else many
        return f"warning: {what} {first}: {reason}"

    def look(self, folder: Path) -> Entry | None:
        """The record in `folder`, which is below the results folder; None where there is none that can be used."""
        file = _look(folder)
        if file is None:
            if os.path.lexists(folder / store.RECORD):
                self.unusable[str(folder)] = "it is a link to nowhere, or in a circle"
            return None
        name = str(folder).removeprefix(self._prefix)
        known = self._entries.get(name)
        if known is not None and (known.modified, known.size) == file:
            return known
        try:
            record = store.read(folder)
        except store.UnreadableRecord as error:
            self.unusable[str(folder)] = str(error)
            return None
        if record is None:
            return None
        if record.status is Status.OK and record.measurements is None:
            self.unusable[str(folder)] = "it says ok and has no measurements"
            return None
        entry = _entry(record, *file)
        if _look(folder) == file:  # else it was replaced meanwhile: what was read is right, but of another file
            self._entries[name] = self._new[name] = entry
        return entry

    def row(self, row: str, at_most: int) -> Iterator[Entry]:
        """Records of one row's folders (`Cell.folder`) of all data sets, some of them where there are more."""
        found = 0
        for rows in sorted(self.results_dir.glob(f"*/{row}/")):
            for folder in _content(rows):
                if found == at_most:
                    return
                if place_of(folder.name) != (rows.parent.name, rows.name, folder.name):
                    continue  # a copy of a cell, say
                if (entry := self.look(folder)) is not None and entry.key == folder.name:
                    found += 1
                    yield entry

    def _load(self) -> dict[str, Entry]:
        with suppress(OSError, ValueError):  # there is none, or it is of no use: records are read instead
            file = _FILE.validate_json(read_regular(self.results_dir / INDEX))
            if file.format == FORMAT:
                return file.entries
        return {}

    def _save(self) -> None:
        entries = {**self._load(), **self._new}  # with what others saved meanwhile
        kept = {name: entry for name, entry in entries.items() if _look(self.results_dir / name) is not None}
        # a folder for reading only, a full disk, a text that is none: the next one reads the records again
        with suppress(OSError, ValueError):
            content = _FILE.dump_json(_File(FORMAT, kept))
            store.write_atomically(self.results_dir / INDEX, content)


def _content(folder: Path) -> list[Path]:
    """What is in `folder`; nothing where it is none, or somebody else's."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _look(folder: Path) -> tuple[int, int] | None:
    """Modification time (ns) and size of the record's file; None where there is none."""
    found = store.stamp(folder)
    return None if found is None else found[1:]


def _entry(record: Record, modified: int, size: int) -> Entry:
    cell, measured, failure = record.configuration, record.measurements, record.failure
    lines = [] if failure is None else failure.message.strip().splitlines() or [failure.type]
    return Entry(
        modified=modified,
        size=size,
        key=record.key,
        status=record.status,
        model_kept=record.model_folder is not None,
        reason=lines[-1] if lines else None,
        model=cell.model,
        method=cell.method,
        data=cell.data,
        cost=recorded_cost(cell.identity),
        device=record.provenance.device,
        device_name=record.provenance.device_name,
        started=record.provenance.started,
        ended=record.provenance.ended,
        loading=None if measured is None else measured.seconds.load_data + (measured.seconds.load_model or 0.0),
        total=None if measured is None else measured.seconds.total,
        # that of fused cells is the whole stack's, and says nothing of a cell
        peak_device=None if measured is None or measured.fused is not None else measured.memory.peak_device,
        packages={name: made for name, made in record.provenance.packages.items() if name in CHANGING},
        precision=record.provenance.precision,
        model_revision=record.provenance.model_revision,
        data_revision=record.provenance.data_revision,
        cut=shares_of(record),
        longest=None if measured is None or measured.lengths is None else measured.lengths.max,
    )
