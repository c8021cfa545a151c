"""`method=last_block`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from bench.bounds import Dropout
from bench.config.common import FORBID, NEVER
from bench.config.method.gradient import GradientMethod
from bench.config.names import Text
from bench.config.scale import Scale
from bench.models.precision import Precision
from bench.models.shape import Shape

if TYPE_CHECKING:
    from bench.models.tensors import Trainable


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBlockConfig(GradientMethod):
    """The last transformer block, what is above it in the trunk, and the head are trained."""

    name: Literal["last_block"]
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    model_dropout: Dropout | None = None
    """Sets every dropout of the model; null leaves them as they come."""

    __pydantic_config__ = FORBID

    trains = "last_block"
    kept_as = "whole"
    tunable: ClassVar[Mapping[str, Scale]] = {"model_dropout": "linear"}
    in_listing = True
    summary = "the last block, what is above it, and the head trained"
    rates = (1e-4, 2e-4)  # it takes more than the whole

    def why_no_windows(self) -> str | None:
        """What the frozen blocks make of a text is kept for one window."""
        return "keeps what its frozen blocks make of one window of a text"

    def trainable(self, shape: Shape, precision: Precision) -> "Trainable":
        """One block."""
        from bench.models.tensors import ALL_TRAINED, BYTES, Trainable

        weights = (shape.parameters - shape.block) * BYTES[precision]
        return Trainable(weights=weights, parameters=shape.block, layers=1, factor=ALL_TRAINED)
