"""`method=setfit`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from bench.bounds import Positive, PositiveFloat, Width
from bench.config.class_weight import EQUAL, ClassWeight
from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method.base import Chosen, Method, Work
from bench.config.names import Text
from bench.config.scale import Scale
from bench.config.thresholds import MOST_PROBABLE, Thresholds
from bench.errors import UserError
from bench.models.families import FAMILIES
from bench.models.truncation import Truncation

if TYPE_CHECKING:
    from bench.config.model.transformer import TransformerConfig
    from bench.config.training import TrainingConfig
    from bench.models.shape import Shape
    from bench.models.tensors import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class SetfitConfig(Method):
    """Contrastive tuning of a sentence encoder, then logistic regression (Tunstall et al. 2022), by setfit.

    Where a text may have several labels, two texts are alike if they have one in common, and each label is told from
    the rest by a regression of its own.
    """

    name: Literal["setfit"]
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    num_iterations: Positive | None = 20
    """Pairs of the same label, and as many of different ones, for each training text; null: `sampling_strategy`."""
    sampling_strategy: Literal["oversampling", "undersampling", "unique"] | None = None
    """With `num_iterations=null`: all pairs, the rarer kind repeated (null), the commoner one cut, or as they are."""
    num_epochs: Positive | None = None
    """Null for 1."""
    max_steps: Positive | None = None
    """Optimizer steps of the contrastive tuning, at most. Null for 200, and for no limit where epochs are given."""
    batch_size: Width = 16
    """Pairs."""
    learning_rate: PositiveFloat = 2e-5
    """The learning rate of the encoder."""
    max_length: Width = 256
    """Tokens; longer texts are cut. Null for 256, or what the model has positions for, if that is less."""
    max_length_asked: bool = field(default=False, metadata=NEVER)
    """Whether `max_length` was given: a default gives way to fewer positions (`running.positions`). Filled in."""
    class_weight: ClassWeight = field(default=EQUAL, metadata=IF_SET)
    """`training.class_weight`, of the regression: the pairs are as many of each kind anyway. Filled in."""
    truncation: Truncation = field(default="head", metadata=IF_SET)
    """`training.truncation`. Filled in."""
    thresholds: Thresholds = field(default=MOST_PROBABLE, metadata=IF_SET)
    """`training.thresholds`. Filled in."""

    __pydantic_config__ = FORBID

    module = "bench.methods.setfit"
    role = "fine-tuning"
    kept_as = "encoder"
    package = "setfit"
    tunable: ClassVar[Mapping[str, Scale]] = {
        "learning_rate": "log", "num_epochs": "linear", "num_iterations": "linear", "max_steps": "linear",
    }  # fmt: skip
    summary = "contrastive tuning on pairs of texts, then logistic regression"

    @property
    def epochs(self) -> int:
        """Passes over the pairs that are asked for."""
        return 1 if self.num_epochs is None else self.num_epochs

    @property
    def most_steps(self) -> int | None:
        """Optimizer steps that are trained at most; None where epochs alone say how many."""
        return 200 if self.max_steps is None and self.num_epochs is None else self.max_steps

    def needs(self, model: "TransformerConfig") -> str | None:
        """A model that reads a text both ways."""
        return "an encoder" if FAMILIES[model.family].causal else None

    def resolve(self, chosen: Chosen) -> Self:
        """With epochs and limits as they are trained. Raises UserError where one option would silence another."""
        if self.sampling_strategy is not None and self.num_iterations is not None:
            raise UserError(
                f"method.sampling_strategy={self.sampling_strategy} has no effect with method.num_iterations="
                f"{self.num_iterations}: add method.num_iterations=null"
            )
        return replace(
            self,
            sampling_strategy=self.sampling_strategy or "oversampling",
            num_epochs=self.epochs,
            max_steps=self.most_steps,
            class_weight=chosen.class_weight,
            thresholds=chosen.thresholds,
            truncation=chosen.truncation,
        )

    def memory(self, shape: "Shape", family: str, training: "TrainingConfig | None", tokens: int) -> "Estimate":
        """All weights are trained, in fp32, on pairs."""
        from bench.models.tensors import ALL_TRAINED, STATE, Estimate, block_activations

        pairs = block_activations(shape, family, 2 * self.batch_size * tokens, "fp32") * ALL_TRAINED
        return Estimate(weights=0, trained=shape.parameters * STATE, activations=round(shape.layers * pairs))

    def work(self, train_size: int, training: "TrainingConfig | None") -> Work:
        """Steps on pairs, about: where all pairs are made, as if each text had one with each."""
        pairs = 2 * self.num_iterations * train_size if self.num_iterations else train_size * (train_size + 1)
        steps = pairs / self.batch_size * self.epochs
        steps = steps if self.most_steps is None else min(steps, self.most_steps)
        return Work(2.0 * self.batch_size * steps, steps, 3)
