"""What handles a sweep whose points are composed: `launch`, unless a program wants to look at it alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from bench.sweep.runners.base import Runner


class SweepHandler(Protocol):
    """As `bench.sweep.launch.launch`, whose docstring says what the arguments are."""

    def __call__(
        self,
        configs: Sequence[dict[str, Any]],
        runner: Runner,
        overrides: Sequence[Sequence[str]] = (),
        given: Sequence[str] = (),
    ) -> int:
        """Return the exit code."""


_HANDLER: ContextVar[SweepHandler | None] = ContextVar("sweep_handler", default=None)


@contextmanager
def handled_by(handler: SweepHandler) -> Iterator[None]:
    """Within it a sweep that is composed is given to `handler`."""
    token = _HANDLER.set(handler)
    try:
        yield
    finally:
        _HANDLER.reset(token)


def sweep_handler() -> SweepHandler:
    """What handles a sweep now."""
    if (chosen := _HANDLER.get()) is not None:
        return chosen
    from bench.sweep.launch import launch

    return launch
