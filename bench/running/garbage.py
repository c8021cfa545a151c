"""When Python looks for cycles of references that nothing else refers to.

It looks through all that is there, again and again while more comes: through what the libraries define while they are
imported (8.5 s instead of 5.6 for those of fine-tuning), and through thousands of records while they are read.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

RELAXED = (100_000, 20, 20)
"""Thresholds: objects, then rounds of the younger generation."""


def gc_disabled() -> AbstractContextManager[None]:
    """Put collections off, while much is made that stays: libraries, records."""
    return _collections(on=False)


def gc_enabled() -> AbstractContextManager[None]:
    """Collect as usual, for long work within `gc_disabled`."""
    return _collections(on=True)


@contextmanager
def _collections(*, on: bool) -> Iterator[None]:
    was_on = gc.isenabled()
    _switch(on=on)
    try:
        yield
    finally:
        _switch(on=was_on)


def _switch(*, on: bool) -> None:
    (gc.enable if on else gc.disable)()


@contextmanager
def gc_relaxed() -> Iterator[None]:
    """Collect seldom, and only what comes from now on.

    Ten thousand records that are there already, looked at over and over, double the time of all that is done with
    them; collecting what comes as often as usual makes a report of theirs take 55 s where it takes 46, in the same
    memory (1.5 GiB).
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*RELAXED)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def leave_at_exit() -> None:
    """Let this process end without a last look through all that it has, which the system takes back at once.

    With the libraries of fine-tuning that is 0.3 s instead of 2.
    """
    atexit.register(gc.freeze)
