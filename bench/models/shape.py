"""A model's sizes, from its YAML file: what estimates of memory and time are made of."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.config.model.transformer import TransformerConfig

SIZES = ("parameters", "hidden_size", "intermediate_size", "num_layers", "vocabulary_size")
"""The options of a model that estimates need."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A model's sizes, all known."""

    parameters: int
    hidden: int
    intermediate: int
    layers: int
    vocabulary: int

    @property
    def embedding(self) -> int:
        """Parameters of the token embedding."""
        return self.vocabulary * self.hidden

    @property
    def block(self) -> int:
        """Parameters of one transformer block."""
        return (self.parameters - self.embedding) // self.layers


def shape_of(model: "TransformerConfig") -> Shape | None:
    """The model's sizes; None where its YAML file leaves one out (`missing_sizes`)."""
    if missing_sizes(model):
        return None
    assert model.parameters is not None
    assert model.hidden_size is not None
    assert model.intermediate_size is not None
    assert model.num_layers is not None
    assert model.vocabulary_size is not None
    return Shape(
        parameters=round(model.parameters * 1e6),
        hidden=model.hidden_size,
        intermediate=model.intermediate_size,
        layers=model.num_layers,
        vocabulary=model.vocabulary_size,
    )


def missing_sizes(model: "TransformerConfig") -> list[str]:
    """The options that estimates need and that are not given."""
    return [name for name in SIZES if getattr(model, name) is None]
