"""How long cells will take: as long as like cells took, by their records; else a guess from parameters and tokens."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.models.shape import shape_of
from bench.results.record import Status
from bench.sweep.cost import JUDGED, relative_cost
from bench.sweep.index import Entry
from bench.sweep.rows import Rows
from bench.sweep.workforce import Workforce

RATE = {"cuda": 2e13, "cpu": 2e11}
"""Floating-point operations a second that are assumed: a fraction of what a GPU of the last years can do, and what
small models reach on two cores of a CPU."""
STEP_SECONDS = {"cuda": 0.05, "cpu": 0.0}
"""Of an optimizer step at least: small ones leave a GPU waiting for the program."""
LOADING_SECONDS = 5.0
BASELINE_SECONDS = 2.0
"""Of a cell without a transformer."""
TOKENS = 64
"""Of a text, where its data is not here and no record tells."""
CHARACTERS, SPECIAL = 4, 2
"""Of a token of English text, about; and the tokens that a tokenizer adds."""


class Basis(StrEnum):
    """What an estimate rests on, the best first."""

    RECORDS = "records of like cells"
    LIKE = "records of the same model and method on another device or other data, or with other options"
    GUESS = "parameters and tokens alone"


@dataclass(frozen=True, slots=True)
class Duration:
    """How long one cell takes."""

    seconds: float
    basis: Basis


@dataclass(slots=True)
class _Pace:
    """Sums over records."""

    count: int = 0
    loading: float = 0.0
    working: float = 0.0
    cost: float = 0.0

    def add(self, entry: Entry) -> None:
        assert entry.total is not None
        loading = min(entry.loading or 0.0, entry.total)
        self.count += 1
        self.loading += loading
        self.working += entry.total - loading
        self.cost += entry.cost

    def seconds(self, cost: float) -> float:
        """Loading takes what it takes; the rest is in proportion to the work."""
        return self.loading / self.count + cost * self.working / self.cost


class Durations:
    """Estimates for one place of work, from the records of finished cells."""

    def __init__(
        self,
        entries: Iterable[Entry],
        place: Workforce,
        characters: Mapping[str, float] | None = None,
        rows: Rows | None = None,
    ) -> None:
        """`characters` are of a text in the mean, by data set, and `rows` those of the grid."""
        self.place, self.rows = place, rows or Rows({}, frozenset())
        self.tokens = {data: SPECIAL + round(mean / CHARACTERS) for data, mean in (characters or {}).items()}
        self._paces: dict[tuple[str | None, ...], _Pace] = defaultdict(_Pace)
        for entry in entries:
            if entry.status is Status.OK and entry.total is not None:
                for place_of in _places(entry, self.rows.labels.get(entry.key)):
                    self._paces[place_of].add(entry)

    def of(self, cell: Cell) -> Duration:
        """Seconds that `cell` will take."""
        kind = "cpu" if self.place.device == "cpu" else "gpu"
        like = (cell.model.name, cell.method_label)
        data, name = cell.task.data.name, self.place.name
        exact = (*like, data, kind) if name is None else (*like, data, kind, name)
        row = self.rows.labels.get(cell.key)
        steps = [
            ((row, *exact), Basis.RECORDS),
            (exact, Basis.LIKE if row in self.rows.several else Basis.RECORDS),
            ((row, *like, data, kind), Basis.LIKE),
            ((*like, data, kind), Basis.LIKE),
            ((*like, kind), Basis.LIKE),
        ]
        for place, basis in steps:
            if place in self._paces:
                return Duration(self._paces[place].seconds(relative_cost(cell)), basis)
        return Duration(self._guess(cell), Basis.GUESS)

    def _guess(self, cell: Cell) -> float:
        """Seconds by arithmetic: 2 N operations a token forward and twice that backward.

        N is the number of parameters without the embedding (Kaplan et al. 2020, Scaling Laws for Neural Language
        Models, section 2.1).
        """
        shape = shape_of(cell.model) if isinstance(cell.model, TransformerConfig) else None
        fits = cell.tune.fits if cell.tune else 1
        if shape is None or cell.method is None:
            return BASELINE_SECONDS * fits
        known = self.tokens.get(cell.task.data.name, TOKENS)
        tokens = min(max_tokens(cell) or known, known)
        forward = 2 * (shape.parameters - shape.embedding) * tokens
        work = cell.method.work(cell.task.train_size, cell.training)
        judged = JUDGED * cell.method.judging(cell.task.num_labels)
        seen = work.passes * work.examples + judged + (0 if work.examples else cell.task.train_size)
        working = max(forward * seen / RATE[self.place.device], work.steps * STEP_SECONDS[self.place.device])
        return LOADING_SECONDS + fits * working


def max_tokens(cell: Cell) -> int | None:
    """Tokens that `cell` reads of a text at most, in all of its windows; None where no option says so."""
    length, windows = cell.option("max_length"), cell.option("max_windows")
    if length is None:
        return None
    return int(length[1]) * (1 if windows is None else windows[1] or 1)


def _places(entry: Entry, row: str | None) -> list[tuple[str | None, ...]]:
    """Where a record counts, the most specific first."""
    like = (entry.model, entry.method)
    kind = "cpu" if entry.device == "cpu" else "gpu"
    exact = (*like, entry.data, kind, entry.device_name)
    own: list[tuple[str | None, ...]] = [] if row is None else [(row, *exact), (row, *exact[:-1])]
    return [*own, exact, exact[:-1], (*like, kind)]
