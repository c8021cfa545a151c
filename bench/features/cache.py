"""Features of texts, computed once: those of this process and of earlier ones are read, the rest is computed."""

import hashlib
import sys
import tempfile
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch

from bench.features.segment import Key
from bench.features.store import Store
from bench.features.tally import TALLY

MAX_BYTES = 256_000_000
"""Bytes of features that a process holds in memory, at most."""
WRITTEN_AT_ONCE = 64_000_000
"""Bytes after which what was computed is written: a cell that is killed loses no more."""

Ids = Sequence[int]
Compute = Callable[[Sequence[Ids]], Iterable[tuple[int, torch.Tensor]]]
"""From texts (token ids) to pairs of a text's index and its features: shape (rows, width), on the CPU."""


class FeatureCache:
    """Features of one kind: a function of a text's token ids, and of nothing else.

    Kept in `store`; without one, for as long as this object is there, in a temporary folder where memory would take
    more than MAX_BYTES; or, where it `forgets`, until the next `ensure`: a model that is served would else hold every
    text that it was ever asked.
    """

    def __init__(self, store: Store | None, max_bytes: int = MAX_BYTES, *, forgets: bool = False) -> None:
        self._lasting = store is not None
        self._forgets = forgets
        self._store, self._max_bytes = store, max_bytes
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._in_memory: OrderedDict[Key, torch.Tensor] = OrderedDict()
        self._size = 0
        self._new: dict[Key, torch.Tensor] = {}
        self._new_size = 0
        self._writable = True
        self._made_by: dict[Key, int] = {}
        """Which of this process's cells computed what is known."""
        self.computed = 0
        """Texts that had to be computed."""

    def ensure(self, texts: Iterable[Ids], compute: Compute) -> None:
        """See to it that `get` knows all of `texts`; only those that nobody has computed go to `compute`, each once."""
        if self._forgets:
            self._forget()
        wanted = {key_of(ids): ids for ids in texts}
        if self._store is not None:
            self._store.refresh()
        missing = {key: ids for key, ids in wanted.items() if not self._find(key)}
        TALLY.asked += len(wanted)
        TALLY.computed += len(missing)
        known = wanted.keys() - missing.keys()
        TALLY.kept |= {key for key in known if self._made_by.get(key) != TALLY.cell}
        self._made_by |= dict.fromkeys(missing, TALLY.cell)
        if not missing:
            return
        keys = list(missing)
        for index, rows in compute(list(missing.values())):
            self._new[keys[index]] = rows
            self._new_size += _bytes(rows)
            self.computed += 1
            if self._new_size > (WRITTEN_AT_ONCE if self._lasting else self._max_bytes):
                self._write()
        if self._lasting:
            self._write()

    def _forget(self) -> None:
        self._in_memory.clear()
        self._size, self._new, self._new_size, self._made_by = 0, {}, 0, {}
        if self._scratch is not None:
            self._scratch.cleanup()
            self._store = self._scratch = None

    def _find(self, key: Key) -> bool:
        """Whether it is there; what is on disk is read, and checked, here."""
        if key in self._new or key in self._in_memory:
            return True
        rows = None if self._store is None else self._store.read(key)
        if rows is None:
            return False
        self._hold(key, rows)
        return True

    def get(self, ids: Ids) -> torch.Tensor:
        """The features of a text that `ensure` saw: shape (rows, width). Raises KeyError where it has gone since."""
        key = key_of(ids)
        if (rows := self._new.get(key)) is not None:
            return rows
        if (rows := self._in_memory.get(key)) is not None:
            self._in_memory.move_to_end(key)
            return rows
        rows = None if self._store is None else self._store.read(key)
        if rows is None:
            raise KeyError("the features of a text are not there any more: the cache was damaged while in use")
        self._hold(key, rows)
        return rows

    def _hold(self, key: Key, rows: torch.Tensor) -> None:
        self._in_memory[key] = rows
        self._size += _bytes(rows)
        while self._size > self._max_bytes:
            self._size -= _bytes(self._in_memory.popitem(last=False)[1])

    def _write(self) -> None:
        """Put what is new on disk. What can't be written stays in memory, and the cell goes on."""
        if not self._writable or not self._new:
            return
        if self._store is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="features-")
            self._store = Store(Path(self._scratch.name), "scratch", sys.maxsize)
        try:
            self._store.write(self._new)
        except OSError as error:
            print(f"features are not kept: {error}", file=sys.stderr, flush=True)
            self._writable = False
            return
        for key, rows in self._new.items():
            self._hold(key, rows)
        self._new, self._new_size = {}, 0


def key_of(ids: Ids) -> Key:
    """A digest of token ids: it stands for the text, the tokenizer, and how it cut the text."""
    return hashlib.blake2b(array("i", ids).tobytes(), digest_size=16).digest()


def _bytes(rows: torch.Tensor) -> int:
    return rows.numel() * rows.element_size()
