"""What a sweep shows on the terminal: a bar over its cells, and a table at the end."""

import shlex
import sys
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from bench.cell import Cell
from bench.config import Settings
from bench.results import store
from bench.results.record import Status
from bench.sweep.cost import relative_cost


class Progress:
    """A bar with the time left on a terminal; one plain line a cell elsewhere."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.total, self.done, self.started = len(cells), 0, time.monotonic()
        self.cost_left, self.cost_done = sum(map(relative_cost, cells)), 0.0
        console = Console()
        self.bar: Bar | None = None
        if console.is_terminal:
            self.bar = Bar(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                TextColumn("{task.fields[left]}"), console=console,
            )  # fmt: skip
            self.task = self.bar.add_task("cells", total=self.total, left="")

    def __enter__(self) -> "Progress":
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def advance(self, cell: Cell, status: Status) -> None:
        """One more cell has ended."""
        cost = relative_cost(cell)
        self.done, self.cost_done, self.cost_left = self.done + 1, self.cost_done + cost, self.cost_left - cost
        elapsed = time.monotonic() - self.started
        left = f"about {_duration(elapsed * max(self.cost_left, 0.0) / self.cost_done)} left"
        if self.bar is not None:
            self.bar.update(self.task, advance=1, left=left)
            if status is not Status.OK:
                self.bar.console.print(f"{status.value}: {cell.key}", highlight=False)
            return
        print(
            f"[{self.done}/{self.total}] {status.value}: {cell.key} ({_duration(elapsed)}, {left})",
            flush=True,
        )


def _duration(seconds: float) -> str:
    """Seconds, minutes or hours, as precise as a guess deserves."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def print_summary(statuses: Sequence[tuple[Cell, Status | None]], settings: Settings) -> None:
    """A table of statuses by row of the grid, then what failed and why, and how to run just that again."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    kinds = [status for status in [*Status, None] if any(status is s for _, s in statuses)]
    table = Table(title=f"{settings.experiment}: {len(statuses)} cells")
    table.add_column("model and method")
    for status in kinds:
        table.add_column(status.value if status else "missing", justify="right")
    for row in dict.fromkeys(cell.row for cell, _ in statuses):
        counts = Counter(status for cell, status in statuses if cell.row == row)
        table.add_row(row, *(str(counts[status] or "") for status in kinds))
    console.print(table)
    failures = [(cell, status) for cell, status in statuses if status is not Status.OK]
    for cell, status in failures:
        console.print(f"{status.value if status else 'missing'}: {cell.key}", highlight=False)
        console.print(f"  {_reason(cell, settings)}", markup=False, highlight=False)
    if any(status is not Status.SKIPPED for _, status in failures):
        folder = shlex.quote(settings.results_dir)
        console.print(f"Run those again with the same command (overwrite=failed, the default; results in {folder}).")


def _reason(cell: Cell, settings: Settings) -> str:
    folder = cell.folder(settings.results_dir)
    record = store.read(folder)
    if record is None or record.failure is None:
        return "no record"
    message = record.failure.message.strip().splitlines() or [record.failure.type]
    return f"{message[-1]} (log: {folder / store.LOG})"
