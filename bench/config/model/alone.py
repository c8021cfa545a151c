"""Models that are their own method: there is nothing to choose from `conf/method/`."""

from typing import ClassVar

from bench.config.method.base import Method


class ModelAlone(Method):
    """A model with its one way of fitting it."""

    __slots__ = ()

    origin: ClassVar[str] = ""
    """Where `python -m bench.models` says it comes from."""

    @property
    def label(self) -> str:
        """Its family: `name` is free."""
        return str(getattr(self, "family"))  # noqa: B009 - a field of every model

    @property
    def choice(self) -> str:
        """What chooses it on the command line."""
        return f"model={self.label}"


def approach(model: object, method: Method | None) -> Method:
    """The method, or the model where that is one by itself."""
    if method is not None:
        return method
    assert isinstance(model, ModelAlone)
    return model
