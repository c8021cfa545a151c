"""Which cells a race has begun, so that the same command goes on with what is left of its budget after any end."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.cell import Cell
from bench.errors import UserError
from bench.escape.filename import key_part
from bench.results.regular import read_regular
from bench.results.store import write_atomically
from bench.sweep.index import Entry, Index

FOLDER = ".races"
FORMAT = 1


@dataclass
class Ledger:
    """A file in the results folder; several machines that run one race add to the same one."""

    path: Path

    @classmethod
    def of(cls, results_dir: str | Path, title: str) -> "Ledger":
        """That of the race which is called so."""
        return cls(Path(results_dir, FOLDER, f"{key_part(title)}.json"))

    def begun(self) -> set[str]:
        """Keys of the cells that were begun. Raises UserError where the file is none of ours."""
        try:
            content = json.loads(read_regular(self.path))
        except FileNotFoundError:
            return set()
        except (OSError, ValueError) as error:
            raise UserError(f"{self.path} cannot be read, which says what the race has spent: {error}") from error
        begun = content.get("begun") if isinstance(content, dict) and content.get("format") == FORMAT else None
        if not isinstance(begun, list):
            raise UserError(f"{self.path} is of another version, or no list of a race's cells: move it away")
        return set(map(str, begun))

    def begin(self, keys: Iterable[str]) -> None:
        """Add cells that are about to run. Raises OSError."""
        known = self.begun()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {"format": FORMAT, "begun": sorted({*known, *keys})}
        write_atomically(self.path, json.dumps(content, indent=0).encode())

    def spent(self, cells: Iterable[Cell], index: Index) -> float:
        """Seconds that the cells which were begun took, by their records; failed ones took time, too."""
        begun = self.begun()
        entries = (index.of(cell) for cell in cells if cell.key in begun)
        return sum(map(taken_seconds, filter(None, entries)))


def taken_seconds(entry: Entry) -> float:
    """How long a cell took; its share where it was fused with others."""
    return (
        entry.total
        if entry.total is not None
        else max(0.0, (datetime.fromisoformat(entry.ended) - datetime.fromisoformat(entry.started)).total_seconds())
    )
