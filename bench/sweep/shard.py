"""One part of a grid, for one of several machines: `shard=2/3`, counted from 1 as Playwright, Jest and nextest do.

Cells are dealt by the work that they are guessed to be, and equal ones by a hash of their key: all shards have as many
cells, but for one, and about as much of every kind of work, baselines too. That is a function of the grid alone, so
machines need not talk to each other. No cell needs another one's result, so any part of a grid can be run: a stack of
fused cells is made of a shard's own, and only a race looks at all of them, and refuses shards.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.errors import UserError
from bench.settings import Settings
from bench.sweep.cost import relative_cost
from bench.sweep.job_index import AUTO, index_here


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a grid that is cut into `count` parts."""

    index: int
    """From 1."""
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def shard_of(text: str, environment: Mapping[str, str] = os.environ) -> Shard:
    """What `shard=` asks for: `2/3` by itself, `auto` and `auto/3` by what a cluster says of this job.

    Raises UserError where it says nothing, or not enough.
    """
    first, _, count = text.partition("/")
    if first != AUTO:
        return Shard(int(first), int(count))
    return Shard(*index_here(int(count) if count else None, environment))


def of_shard(cells: Sequence[Cell], shard: Shard) -> list[Cell]:
    """The cells of a shard, in the order given: every cell is in exactly one, and one may have none."""
    dealt = sorted(cells, key=lambda cell: (-_work(cell), hashlib.sha256(cell.key.encode()).digest()))
    mine = {cell.key for cell in dealt[shard.index - 1 :: shard.count]}
    return [cell for cell in cells if cell.key in mine]


def with_shard(cells: list[Cell], settings: Settings) -> tuple[list[Cell], Settings]:
    """The cells of the shard that is asked for, if one is, and the settings with its number and a name of its own.

    Shards of one grid may draw their reports at once, into one folder. Raises UserError.
    """
    if settings.shard is None:
        return cells, settings
    shard = shard_of(settings.shard)
    name = f"{settings.title}-shard-{shard.index}-of-{shard.count}"
    return of_shard(cells, shard), replace(settings, shard=str(shard), name=name)


def refuse_shard(settings: Settings, why: str) -> None:
    """Raise UserError where a shard is asked for of what needs the whole grid."""
    if settings.shard is not None:
        raise UserError(f"shard={settings.shard}: {why}: leave it out")


def _work(cell: Cell) -> float:
    """Guessed from the configuration alone, and so the same everywhere."""
    parameters = cell.model.parameters if isinstance(cell.model, TransformerConfig) else None
    return relative_cost(cell) * (parameters or 1)
