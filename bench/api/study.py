"""A grid that was run: what `sweep` gives."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cell import Cell
from bench.errors import UserError
from bench.results import store
from bench.results.record import Record
from bench.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from bench.api.report import Report
    from bench.report.inputs.records import ExpectedCell


@dataclass(frozen=True, slots=True, repr=False)
class Study:
    """A grid that was run: its cells with their records, and its report."""

    title: str
    cells: tuple[Cell, ...]
    folders: tuple[Path, ...]
    """Of the cells, in their order."""
    page: Path | None
    """The report, `index.html`; None where none was drawn (more shards than cells)."""
    all_done: bool
    """Whether every cell has a result; else `results` says what became of the others."""
    expected: "tuple[ExpectedCell, ...]"
    """The cells as the report knows them."""

    @property
    def records(self) -> dict[str, Record]:
        """The records there are, by the cells' keys."""
        found = {cell.key: store.read(folder) for cell, folder in zip(self.cells, self.folders, strict=True)}
        return {key: record for key, record in found.items() if record is not None}

    @property
    def results(self) -> "pd.DataFrame":
        """One line a cell, as of `load_results`; those that were not run are `missing`."""
        from bench.api.results import frame_of
        from bench.report.inputs.records import read_records

        return frame_of(read_records(self.expected))

    @property
    def report(self) -> "Report":
        """What the report says. Raises UserError where there is none."""
        from bench.api.report import load_report

        if self.page is None:
            raise UserError(f"{self.title} has no report")
        return load_report(self.page.parent)

    def __repr__(self) -> str:
        return f"<Study {self.title}: {counted(len(self.cells), 'cell')}, {self.page or 'no report'}>"

    def _repr_html_(self) -> str:
        return self.report._repr_html_() if self.page is not None else f"<p>{len(self.cells)} cells</p>"
