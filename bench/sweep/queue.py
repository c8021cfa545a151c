"""Which cell a worker runs next: one that its loaded base model serves, and long ones before short ones."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from bench.cell import Cell
from bench.running import warm
from bench.sweep.cost import relative_cost

Base = Any
"""What a warm worker can keep between cells: cells of equal bases share it."""
NOTHING = "nothing"
"""The base of a worker that has run no cell yet."""


def base_of(cell: Cell) -> Base:
    """The frozen model that `cell` works on; where it changes the weights that it loads, which model it is."""
    return warm.base_of(cell, device="any") or cell.model


class Queue:
    """The cells that wait, by the base that they need."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self.waiting: dict[Base, dict[str, Cell]] = {}
        self.work: defaultdict[Base, float] = defaultdict(float)
        for cell in sorted(cells, key=lambda cell: -relative_cost(cell)):  # stable: equal ones in the grid's order
            self.put(cell)

    def __len__(self) -> int:
        return sum(map(len, self.waiting.values()))

    def __iter__(self) -> Iterator[Cell]:
        for cells in self.waiting.values():
            yield from cells.values()

    def put(self, cell: Cell, *, first: bool = False) -> None:
        """Let a cell wait, behind others of its base or before them (`first`)."""
        base = base_of(cell)
        others = self.waiting.get(base, {})
        self.waiting[base] = {cell.key: cell, **others} if first else others
        self.waiting[base][cell.key] = cell
        self.work[base] += relative_cost(cell)

    def of_base(self, cell: Cell) -> list[Cell]:
        """The cells that wait and work on the same frozen model as `cell`, in their order."""
        return list(self.waiting.get(base_of(cell), {}).values())

    def candidates(self, loaded: Base, at_work: Iterable[Base]) -> Iterator[Cell]:
        """All cells that wait, the best for a worker with the base `loaded` first.

        That is what it has loaded; then the base with the most work left for each worker that has it (`at_work`).
        """
        workers = Counter(at_work)
        rest = [base for base in self.waiting if base != loaded]
        rest.sort(key=lambda base: -self.work[base] / (1 + workers[base]))
        for base in ([loaded] if loaded in self.waiting else []) + rest:
            yield from list(self.waiting[base].values())

    def remove(self, cell: Cell) -> None:
        """Take a cell out: it is run now, or not needed any more."""
        base = base_of(cell)
        del self.waiting[base][cell.key]
        self.work[base] -= relative_cost(cell)
        if not self.waiting[base]:
            del self.waiting[base], self.work[base]

    def clear(self) -> None:
        """Forget what waits."""
        self.waiting.clear()
        self.work.clear()
