"""What figures call rows and data sets."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_names: ContextVar[Mapping[str, str]] = ContextVar("display_names", default=MappingProxyType({}))


@contextmanager
def display_names(names: Mapping[str, str]) -> Iterator[None]:
    """Figures that are drawn meanwhile write `names` for rows and data; what is not among them is written as it is.

    Every figure writes names in some place, deep in its drawing: they all look here, so that none is forgotten.
    """
    token = _names.set(names)
    try:
        yield
    finally:
        _names.reset(token)


def displayed(name: str) -> str:
    """What figures write for a row or data set."""
    return _names.get().get(name, name)
