"""`method=linear_probe`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from bench.bounds import Regularisations, Width
from bench.config.class_weight import EQUAL, ClassWeight
from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method.base import Chosen
from bench.config.method.frozen import FrozenMethod
from bench.config.metric import SelectableMetric
from bench.config.names import Text
from bench.config.scale import Scale
from bench.config.thresholds import MOST_PROBABLE, Thresholds
from bench.metrics.table import ACCURACY
from bench.models.families import FAMILIES
from bench.models.precision import Precision
from bench.models.truncation import Truncation
from bench.models.windows import WHOLE, Windows

if TYPE_CHECKING:
    from bench.config.training import TrainingConfig
    from bench.models.shape import Shape
    from bench.models.tensors import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearProbeConfig(FrozenMethod):
    """Logistic regression on the frozen model's pooled features."""

    name: Literal["linear_probe"]
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    pooling: Literal["family", "mean", "last"] = "family"
    """How the tokens of a text make one feature: their mean, the last one, or as the family has it."""
    C: Regularisations = (0.01, 0.1, 1.0, 10.0, 100.0)
    """Inverse regularisation strengths tried; validation chooses."""
    best_metric: SelectableMetric = field(default=ACCURACY, metadata=IF_SET)
    """Validation metric that chooses C; of equal values the one with the lower loss is better."""
    max_length: Width = 512
    """Tokens; longer texts are cut. Null for 512, or what the model has positions for, if that is less."""
    max_length_asked: bool = field(default=False, metadata=NEVER)
    """Whether `max_length` was given: a default gives way to fewer positions (`running.positions`). Filled in."""
    truncation: Truncation = field(default="head", metadata=IF_SET)
    """`training.truncation`. Filled in."""
    windows: Windows = field(default=WHOLE, metadata=IF_SET)
    """`training.windows`: features are the mean of those of a text's windows, each counting the same. Filled in."""
    max_windows: Width | None = field(default=None, metadata=IF_SET)
    """`training.max_windows`. Filled in."""
    batch_size: Width = 64
    """Texts at once."""
    precision: Precision | None = None
    """What the model is computed in; null: by its family, method and device."""
    precision_asked: bool = field(default=False, metadata=NEVER)
    """Whether `precision` was given: a default gives way on a device that is slow in it. Filled in."""
    class_weight: ClassWeight = field(default=EQUAL, metadata=IF_SET)
    """`training.class_weight`, of the regression. Filled in."""
    thresholds: Thresholds = field(default=MOST_PROBABLE, metadata=IF_SET)
    """`training.thresholds`. Filled in."""

    __pydantic_config__ = FORBID

    module = "bench.methods.linear_probe"
    role = "probe"
    kept_as = "head"
    tunable: ClassVar[Mapping[str, Scale]] = {"C": "log", "pooling": "linear"}
    runs = "trunk"
    in_listing = True
    summary = "logistic regression on the frozen model's features"

    def resolve(self, chosen: Chosen) -> Self:
        """With the family's pooling, and the weights of labels."""
        pooling = FAMILIES[chosen.model.family].pooling if self.pooling == "family" else self.pooling
        return replace(
            FrozenMethod.resolve(self, chosen),
            pooling=pooling,
            class_weight=chosen.class_weight,
            thresholds=chosen.thresholds,
            truncation=chosen.truncation,
            windows=chosen.windows,
            max_windows=chosen.max_windows,
        )

    def why_no_windows(self) -> str | None:
        """Features can be averaged."""
        return None

    def memory(self, shape: "Shape", family: str, training: "TrainingConfig | None", tokens: int) -> "Estimate":
        """A batch has `batch_size` windows at once, whatever the texts are."""
        return FrozenMethod.memory(self, shape, family, training, min(tokens, self.max_length))

    def idle_options(self) -> Mapping[str, str]:
        """With a single C and no thresholds there is nothing to choose."""
        is_idle = len(self.C) == 1 and self.thresholds == MOST_PROBABLE
        return {"best_metric": "method.C has one value: there is nothing to choose"} if is_idle else {}
