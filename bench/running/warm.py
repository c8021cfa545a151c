"""What a process keeps from one cell to the next: tokenizer, tokens, and the frozen base model.

Nothing here may change a result: with an empty store a cell measures the same, bit for bit (tests/test_warm.py).
A base model that is held is never run or changed; cells work on copies that share its weights
(`bench.models.base`). Imports nothing heavy: a sweep's parent may ask `base_of` which cells go well together.
"""

import gc
import sys
from array import array
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.config.method.base import FrozenBase
from bench.running import memory

T = TypeVar("T")

MAX_TOKENS = 16_000_000
"""Tokens that a process remembers, at most; 4 bytes each."""
ENTRY = 50
"""What a text's own place takes, in tokens."""


@dataclass(frozen=True, slots=True)
class Base:
    """A frozen model as it lies in memory: cells that agree in this can share one."""

    model: TransformerConfig
    loaded: FrozenBase
    device: str


def base_of(cell: Cell, device: str) -> Base | None:
    """The frozen model that `cell` works on; None where it has none, or changes the weights that it loads."""
    loaded = cell.approach.base(cell.training)
    if loaded is None or not isinstance(cell.model, TransformerConfig):
        return None
    return Base(cell.model, loaded, device)


class Slot(Generic[T]):
    """Room for one thing, which is made when it is first asked for."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._value: T | None = None

    @property
    def held(self) -> T | None:
        """What is held, if anything is."""
        return self._value

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is held under `key`, or else `make()`; another thing that was held is gone before."""
        if self._value is None or self._key != key:
            if self._value is not None:
                self.clear()
                memory.release()
            self._key, self._value = key, make()
        return self._value

    def clear(self) -> None:
        """Hold nothing."""
        self._key = self._value = None


class Tokens:
    """Token ids of texts, by what they were made with."""

    def __init__(self, most: int = MAX_TOKENS) -> None:
        self._most = most
        self._count = 0
        self._known: dict[Hashable, dict[str, array[int]]] = {}

    def of(
        self, made_with: Hashable, texts: Sequence[str], tokenize: Callable[[list[str]], Sequence[Sequence[int]]]
    ) -> list[list[int]]:
        """The token ids of each of `texts`; only those that are not known yet go to `tokenize`, each once.

        `made_with` stands for all that decides on the ids beside the text. What is remembered makes way as a whole
        where there is too much of it.
        """
        known = self._known.get(made_with, {})
        found = {text: known[text] for text in texts if text in known}
        new = list(dict.fromkeys(text for text in texts if text not in found))
        # a call without texts is not for every tokenizer
        made = {text: array("i", ids) for text, ids in zip(new, tokenize(new) if new else [], strict=True)}
        self._remember(made_with, made)
        found |= made
        return [found[text].tolist() for text in texts]

    def _remember(self, made_with: Hashable, made: dict[str, "array[int]"]) -> None:
        size = sum(len(ids) + ENTRY for ids in made.values())
        if self._count + size > self._most:
            self.clear()
        if size <= self._most:
            self._known.setdefault(made_with, {}).update(made)
            self._count += size

    def clear(self) -> None:
        """Forget all texts."""
        self._known = {}
        self._count = 0


@dataclass(slots=True)
class Warm:
    """What is kept between the cells that are run with it; empty to begin with."""

    lasting: bool = False
    """For a process that does nothing else than run cells with this store: what it has imported is left out of
    garbage collections, which else look through it for a third of a second each, and Trainer asks for one."""
    base: Slot[Any] = field(default_factory=Slot)
    """A `bench.models.base.BaseModel`: one at a time."""
    tokenizer: Slot[Any] = field(default_factory=Slot)
    tokens: Tokens = field(default_factory=Tokens)
    features: Slot[Any] = field(default_factory=Slot)
    """A `bench.features.cache.FeatureCache`: of one model and method at a time."""
    _of: tuple[Any, ...] = ()
    """Whose things these are: data, model, base, method."""
    _num_modules: int = 0

    def begin(self, cell: Cell, device: str) -> None:
        """Give back the memory of everything that `cell` has no use for: its peak shall be its own."""
        now = (cell.task.data, cell.model, base_of(cell, device), cell.method)
        data, model, base, method = (a == b for a, b in zip(self._of or (None,) * len(now), now, strict=True))
        if not base:
            self.base.clear()
        if not model:
            self.tokenizer.clear()
        if not (model and data):
            self.tokens.clear()
        if not (model and data and method):
            self.features.clear()
        if self._of:
            memory.release()
        self._of = now

    def imported(self) -> None:
        """What the cell needs has been imported: leave it out of collections, if this store is for that."""
        if self.lasting and self.base.held is None and len(sys.modules) > self._num_modules:
            # not with a model in memory: were it in a cycle of references, it could not be given back any more
            gc.freeze()
            self._num_modules = len(sys.modules)

    def clear(self) -> None:
        """Keep nothing: after a failure, whatever was in use may be in a bad state."""
        self.base.clear()
        self.tokenizer.clear()
        self.tokens.clear()
        self.features.clear()
