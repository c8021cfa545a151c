"""`method=full`."""

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
class FullConfig(GradientMethod):
    """All weights are trained."""

    name: Literal["full"]
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    model_dropout: Dropout | None = None
    """Sets every dropout of the model; null leaves them as they come."""

    __pydantic_config__ = FORBID

    trains = "all"
    kept_as = "whole"
    tunable: ClassVar[Mapping[str, Scale]] = {"model_dropout": "linear"}
    in_listing = True
    summary = "all weights trained"
    rates = (1e-5, 5e-5)  # 2e-5 to 5e-5 for BERT: Devlin et al. 2019, appendix A.3

    def trainable(self, shape: Shape, precision: Precision) -> "Trainable":
        """Everything."""
        from bench.models.tensors import ALL_TRAINED, Trainable

        # autocast keeps a bf16 copy of each fp32 weight through the forward pass
        copies = (shape.parameters - shape.embedding) * (0 if precision == "fp32" else 2)
        return Trainable(weights=copies, parameters=shape.parameters, layers=shape.layers, factor=ALL_TRAINED)
