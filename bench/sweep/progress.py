"""What a sweep shows while it runs: on a terminal a line a device and a bar, elsewhere a plain line a cell.

Lines are written as they are said: nothing waits in a buffer where a log is read while the sweep runs.
"""

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from bench.cell import Cell
from bench.errors import said as reason
from bench.escape.characters import visible_line
from bench.escape.terminal import Plain, said, say
from bench.results.record import Status
from bench.running.observers import Observer
from bench.sweep.cost import relative_cost
from bench.sweep.interrupt import Interrupts
from bench.sweep.rows import rows_of
from bench.sweep.slots import Slot
from bench.wording import counted, rough_duration

WIDE_CONSOLE = 120
"""Columns of a terminal whose lines have room for long bars."""


class Progress(Observer):
    """How far a sweep over `cells` is, and how long it may still take."""

    drops_changed = True
    """Whether cells that can only fail, for what they read was changed, are left out without a record."""

    def __init__(
        self, cells: Sequence[Cell], console: Console | None = None, rows: Mapping[str, str] | None = None
    ) -> None:
        """`rows` are what to call the row of each cell, by key: as a report of the whole grid does."""
        self.rows = rows_of(cells).labels if rows is None else rows
        self.total, self.done, self.started = len(cells), 0, time.monotonic()
        self.cost_left, self.cost_done = sum(map(relative_cost, cells)), 0.0
        self.seen_elsewhere: set[str] = set()
        self.unclaimable: Counter[str] = Counter()
        """Cells by what stands in the way of their claims."""
        self.lines: dict[Slot, TaskID] = {}
        self.begun: dict[Slot, float] = {}
        self.phases: dict[Slot, float] = {}
        """Since when devices do what they do now: the time left is of the training alone."""
        self.slots: dict[str, Slot] = {}
        """Where cells began, by key."""
        self.warned: set[str] = set()
        self.console = console or Plain()
        self.bars: Bars | None = None
        if self.console.is_terminal:
            self.bars = Bars(
                TextColumn("{task.description}", markup=False, table_column=Column(overflow="fold")),
                BarColumn(bar_width=24 if self.console.width >= WIDE_CONSOLE else 8),
                TextColumn("{task.fields[text]}", markup=False, table_column=Column(no_wrap=True)),
                console=self.console,
            )  # where a line is too long, a cell's name goes on in the next one; the time left is never cut
            self.all = self.bars.add_task("all cells", total=self.total, text=f"0/{self.total}")

    def __enter__(self) -> "Progress":
        if self.bars is not None:
            self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for why, count in self.unclaimable.items():
            if count > 1:
                self._say(f"... and {count - 1:,} more cannot be claimed for the same reason ({why})")
        if self.bars is not None:
            self.bars.stop()

    def start(self, slot: Slot, cell: Cell, others: int = 0) -> None:
        """A worker begins a cell, perhaps fused with others."""
        more = f" and {others} more" if others else ""
        self.slots[cell.key] = slot
        self.phases.pop(slot, None)
        if self.bars is None:
            if slot not in self.begun:  # the first cell of a device may take long, and its end would be the first sign
                self._say(f"{slot.name} begins with {cell.key} ({self._row(cell)}){more}")
            self.begun[slot] = time.monotonic()
            return
        if slot not in self.lines:
            self.lines[slot] = self.bars.add_task("", total=None, text="")
        self.begun[slot] = time.monotonic()
        self.bars.reset(
            self.lines[slot], description=f"{slot.name}  {self.brief(cell)}{more}", total=None, text="starting"
        )

    def on_phase(self, cell: Cell, what: str) -> None:
        """Another part of the work on it, or on the stack that it began, begins."""
        if self.bars is not None:
            slot = self.slots[cell.key]
            self.phases[slot] = time.monotonic()
            self.bars.update(self.lines[slot], total=None, completed=0, text=what)

    def on_step(self, cell: Cell, step: int, max_steps: int, loss: float | None) -> None:
        """It, or the stack that it began, has done so many optimizer steps."""
        if self.bars is None:
            return
        slot = self.slots[cell.key]
        elapsed = time.monotonic() - self.phases.get(slot, self.begun[slot])
        left = rough_duration(elapsed * (max_steps - step) / max(step, 1))
        shown = "" if loss is None or not math.isfinite(loss) else f"  loss {loss:.3f}"
        text = f"step {step}/{max_steps}{shown}  about {left} left"
        self.bars.update(self.lines[slot], completed=step, total=max_steps, text=text)

    def warn(self, about: str, text: str) -> None:
        """Something is wrong with an observer: said once, whichever process it is in."""
        if about not in self.warned:
            self.warned.add(about)
            self._say(f"warning: {text}")

    def advance(self, cell: Cell, status: Status, slot: Slot | None = None) -> None:
        """One more cell has ended, in `slot` or (None) in another sweep."""
        cost = relative_cost(cell)
        self.done, self.cost_done, self.cost_left = self.done + 1, self.cost_done + cost, self.cost_left - cost
        elapsed = time.monotonic() - self.started
        left = f"about {rough_duration(elapsed * max(self.cost_left, 0.0) / self.cost_done)} left"
        where = "" if slot else ", in another sweep"
        if self.bars is None:
            so_far = f"{self._row(cell)}; {rough_duration(elapsed)}, {left}{where}"
            self._say(f"[{self.done}/{self.total}] {status.value}: {cell.key} ({so_far})")
            return
        self.bars.update(self.all, completed=self.done, text=f"{self.done}/{self.total}  {left}")
        self._rest(slot)
        if status is not Status.OK:
            self._say(f"{status.value}: {cell.key}{where}")

    def again(self, slot: Slot, cell: Cell, status: Status) -> None:
        """A cell ended so and is tried again."""
        how = "half the batch" if status is Status.OOM else "a fresh process"
        self._say(f"{status.value}, trying again with {how}: {cell.key}")
        self._rest(slot)

    def smaller(self, cell: Cell, text: str) -> None:
        """A cell begins with smaller batches than it says."""
        self._say(f"{self._row(cell)}: {text}")

    def split(self, slot: Slot, cell: Cell, why: str, size: int) -> None:
        """Fused cells failed together, this one among them; it is tried again with others, `size` in all, or alone."""
        how = "alone" if size == 1 else f"{size} at once"
        self._say(f"fused with others, trying again {how} ({why}): {cell.key}")
        self._rest(slot)

    def put_back(self, slot: Slot) -> None:
        """The cells that were to begin in `slot` wait again: fewer fit in one stack."""
        self._rest(slot)

    def lost(self, slot: Slot, cell: Cell, why: str) -> None:
        """A cell ended, or could not begin, and its record can't be written."""
        self._say(f"no record could be written: {cell.key} ({why})")
        self._rest(slot)

    def elsewhere(self, cell: Cell) -> None:
        """Another sweep runs a cell of this one."""
        if cell.key not in self.seen_elsewhere:
            self.seen_elsewhere.add(cell.key)
            self._say(f"another sweep runs it: {cell.key}")

    def unclaimed(self, cell: Cell, error: OSError) -> None:
        """A cell can't be run, for something stands in the way of its claim: said of the first, the rest is counted."""
        why = error.strerror or type(error).__name__
        self.unclaimable[why] += 1
        if self.unclaimable[why] == 1:
            self._say(f"cannot be claimed, and is left out: {cell.key} ({reason(error)})")

    def interrupted(self, interrupts: Interrupts, running: int) -> None:
        """Ctrl-C was pressed, or the sweep was told to end."""
        if interrupts.now:
            self._say("stopping now")
        elif interrupts.finishing:
            self._say(f"finishing what runs ({counted(running, 'cell')}); Ctrl-C again stops at once")

    def _rest(self, slot: Slot | None) -> None:
        if self.bars is not None and slot in self.lines:
            self.bars.reset(self.lines[slot], description=f"{slot.name}  idle", total=None, text="")

    def _say(self, text: str) -> None:
        if self.bars is not None:
            self.bars.console.print(Text(said(text)))
        else:
            say(text)

    def _row(self, cell: Cell) -> str:
        return visible_line(self.rows.get(cell.key, cell.row))

    def brief(self, cell: Cell) -> str:
        """A cell in a few words."""
        task = cell.task
        return f"{self._row(cell)}, {task.num_labels} labels, {task.train_size} examples, seed {task.seed}"
