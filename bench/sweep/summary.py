"""How a sweep ended: a table of statuses, what failed and why, and the command that runs just that again."""

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.cell import Cell
from bench.command import VERBS
from bench.escape.secrets import masked_override
from bench.escape.shell import command
from bench.escape.terminal import console as new_console
from bench.escape.terminal import line
from bench.results import store
from bench.results.cut_texts import warnings_by_row
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.index import Entry
from bench.wording import counted

MAX_REASONS = 12
"""Kinds of failures that are told one by one."""


def print_summary(ended: Sequence[tuple[Cell, Entry | None]], settings: Settings, names: Mapping[str, str]) -> None:
    """Say how the cells of a sweep ended; None is a cell without a readable record. `names` are of rows, by key."""
    console = new_console()
    console.print(line(f"{settings.title}: {counted(len(ended), 'cell')}"))
    console.print(_table([(names[cell.key], None if record is None else record.status) for cell, record in ended]))
    cut = [(names[cell.key], record.cut) for cell, record in ended if record is not None and record.cut is not None]
    for warning in warnings_by_row(cut):
        console.print(line(f"warning: {warning}"), soft_wrap=True)
    _print_failures([(cell, record) for cell, record in ended if record is not None], settings, console)
    if again := sum(record is None or record.status.failed for _, record in ended):
        console.print(
            f"Run {'that one' if again == 1 else f'those {again}'} again, and nothing else (overwrite=failed is the "
            f"default), with\n  {_same_command()}",
            soft_wrap=True,
        )


def _table(statuses: Sequence[tuple[str, Status | None]]) -> Table:
    """Rows of the grid, one of them for each cell, against how their cells ended."""
    kinds = [status for status in [*Status, None] if any(status is s for _, s in statuses)]
    rows: dict[str, Counter[Status | None]] = defaultdict(Counter)
    for row, status in statuses:
        rows[row][status] += 1
    table = Table()
    table.add_column("model and method")
    for status in kinds:
        table.add_column(status.value if status else "missing", justify="right")
    for row, counts in rows.items():
        table.add_row(line(row), *(str(counts[status] or "") for status in kinds))
    return table


def _print_failures(ended: Sequence[tuple[Cell, Entry]], settings: Settings, console: Console) -> None:
    """Each kind of failure with its last line, and the log of its first cell."""
    kinds: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell, record in ended:
        if record.status is not Status.OK:
            kinds[record.status.value, record.reason or "no reason is known"].append(cell)
    for (kind, reason), cells in list(kinds.items())[:MAX_REASONS]:
        more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
        console.print(f"{kind}: {cells[0].key}{more}", soft_wrap=True)
        console.print(f"  {reason}", soft_wrap=True)
        log = cells[0].folder(settings.results_dir) / store.LOG
        if log.exists():
            console.print(f"  log: {log}", soft_wrap=True)
    if len(kinds) > MAX_REASONS:
        console.print(f"... and {len(kinds) - MAX_REASONS} other kinds of failures; the report has them all")


def _same_command() -> str:
    """The command line as it was typed, but for secrets."""
    program, *arguments = sys.argv
    words = [sys.executable, "-m", "bench"] if Path(program).name == "__main__.py" else [program]
    if (verb := VERBS.get(program.removeprefix("bench "))) is not None:
        words, arguments = program.split(), verb.given(arguments)
    return command([*words, *map(masked_override, arguments)])
