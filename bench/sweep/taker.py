"""Who takes a sweep whose points are composed: `launch`, unless a program wants to look at it alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from bench.sweep.runners.base import Runner


class Taker(Protocol):
    """As `bench.sweep.launch.launch`, whose docstring says what the arguments are."""

    def __call__(
        self,
        configs: Sequence[dict[str, Any]],
        runner: Runner,
        overrides: Sequence[Sequence[str]] = (),
        given: Sequence[str] = (),
    ) -> int:
        """Return the exit code."""


_TAKER: ContextVar[Taker | None] = ContextVar("taker", default=None)


@contextmanager
def taken_by(taker: Taker) -> Iterator[None]:
    """Within it a sweep that is composed is given to `taker`."""
    token = _TAKER.set(taker)
    try:
        yield
    finally:
        _TAKER.reset(token)


def taker() -> Taker:
    """Who takes a sweep now."""
    if (chosen := _TAKER.get()) is not None:
        return chosen
    from bench.sweep.launch import launch

    return launch
