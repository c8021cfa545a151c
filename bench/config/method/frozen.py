"""Methods that only run a frozen model."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from bench.config.method.base import Chosen, FrozenBase, Method
from bench.models.families import FAMILIES
from bench.models.precision import Precision

if TYPE_CHECKING:
    from bench.config.training import TrainingConfig
    from bench.models.shape import Shape
    from bench.models.tensors import Estimate


class FrozenMethod(Method):
    """With the options `batch_size`, `precision` and `precision_asked`."""

    __slots__ = ()

    runs: ClassVar[Literal["trunk", "causal"]]
    """What the model is loaded as."""

    reads_model_precision = True

    def resolve(self, chosen: Chosen) -> Self:
        """With what the model, or its family, is computed in by default."""
        options: Any = self
        model = chosen.model
        precision = options.precision or model.precision or FAMILIES[model.family].precision
        changed: Self = replace(options, precision=precision, precision_asked=options.precision is not None)
        return changed

    def base(self, training: "TrainingConfig | None") -> FrozenBase:
        """The model as it is loaded."""
        return FrozenBase(self.runs, self._own.precision)

    def memory(self, shape: "Shape", family: str, training: "TrainingConfig | None", tokens: int) -> "Estimate":
        """The weights, and one block's activations at a time."""
        from bench.models.tensors import BYTES, Estimate, block_activations

        precision: Precision = self._own.precision
        activations = block_activations(shape, family, self._own.batch_size * tokens, precision)
        return Estimate(weights=shape.parameters * BYTES[precision], trained=0, activations=round(activations))

    def in_halves(self) -> Self | None:
        """With half the texts at once, which changes no result."""
        size = self._own.batch_size
        halved: Self | None = replace(self._own, batch_size=size // 2) if size > 1 else None
        return halved

    @property
    def _own(self) -> Any:
        """This, as mypy is to take it: the options are fields of each method."""
        return self
