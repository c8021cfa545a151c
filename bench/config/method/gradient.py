"""Methods that train by gradients, as `training` says."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from bench.config.method.base import FrozenBase, Method, Work
from bench.config.training import examples_seen
from bench.models.families import FAMILIES, Family
from bench.models.precision import Precision
from bench.models.windows import windows_at_most

if TYPE_CHECKING:
    from bench.config.model.transformer import TransformerConfig
    from bench.config.training import TrainingConfig
    from bench.models.shape import Shape
    from bench.models.tensors import Estimate, Trainable

OPTIMIZER = "adamw_torch"
"""Where none is given. An 8-bit one of bitsandbytes saves 6 bytes of each trained parameter, little for adapters, and
waits for the GPU once for each trained tensor in every step (`bitsandbytes.optim.optimizer`, `sync_gpu`): 65 times for
Llama 3.2 1B, 169 for Qwen 2.5 1.5B."""


class GradientMethod(Method):
    """Fine-tuning with Trainer: a head, and what of the model `trains` says."""

    __slots__ = ()

    module = "bench.methods.finetune"
    role = "fine-tuning"
    by_gradients = True

    trains: ClassVar[Literal["adapters", "last_block", "all"]]
    """What is trained beside the head."""
    rates: ClassVar[tuple[float, float]]
    """A sensible learning rate for decoders of about a billion parameters, and for encoders of BERT's type."""

    @property
    def reads_model_precision(self) -> bool:
        """In 4 bits, products are in bf16 whatever the model's default."""
        return self.quantization is None

    @property
    def gains_by_checkpointing(self) -> bool:
        """Whether `training.gradient_checkpointing` saves memory and changes no result; one block alone saves none."""
        return self.trains != "last_block"

    def resolve_training(
        self, training: "TrainingConfig", model: "TransformerConfig", *, tuned: bool
    ) -> "TrainingConfig":
        """`training` with what is left to the model, its family and the method.

        With `tuned` it has no learning rate: that is found by trying.
        """
        family = FAMILIES[model.family]
        rate = training.learning_rate or (self.reads_model_rate and model.learning_rate)
        default = type(training)()
        return replace(
            training,
            num_train_epochs=training.epochs,
            min_steps=training.least_steps,
            default_epochs=default.default_epochs,  # they have done their part
            default_min_steps=default.default_min_steps,
            default_max_length=default.default_max_length,
            truncation=None,
            truncation_side=training.side,
            max_windows=windows_at_most(training.windows, training.max_windows),
            # what is tuned has no value of its own
            learning_rate=None if tuned else rate or self.rates[0 if family.causal else 1],
            precision=training.precision or self._precision(model),
            precision_asked=training.precision is not None,
            optim=training.optim or OPTIMIZER,
        )

    def _precision(self, model: "TransformerConfig") -> Precision:
        if self.quantization is not None:
            return "bf16"
        return model.precision or FAMILIES[model.family].precision

    def why_no_windows(self) -> str | None:
        """All weights and adapters are trained on any number of windows."""
        return None

    def base(self, training: "TrainingConfig | None") -> FrozenBase | None:
        """The model with a head to train, its own weights frozen; None where all are trained."""
        if self.trains == "all":
            return None
        assert training is not None
        assert training.precision is not None
        return FrozenBase("classifier", training.precision, self.quantization)

    def memory(self, shape: "Shape", family: str, training: "TrainingConfig | None", tokens: int) -> "Estimate":
        """See `bench.models.tensors.trained`."""
        from bench.models.tensors import trained

        assert training is not None
        return trained(shape, family, training, tokens, self.trainable)

    def trainable(self, shape: "Shape", precision: Precision) -> "Trainable":
        """What is in memory of a model of this shape, and what of it is trained."""
        raise NotImplementedError

    def work(self, train_size: int, training: "TrainingConfig | None") -> Work:
        """Epochs over the training examples, or `min_steps`, if nothing stops it early."""
        assert training is not None
        batch = training.per_device_train_batch_size * training.gradient_accumulation_steps
        seen = examples_seen(train_size, training.epochs, training.least_steps * batch)
        return Work(seen, seen / batch, 3 if self.trains == "all" else 2)


class AdapterMethod(GradientMethod):
    """Adapters of peft on a frozen base, and a head that is trained whole."""

    __slots__ = ()

    trains = "adapters"
    kept_as = "adapter"
    reads_model_rate = True

    def adapter(self, family: Family) -> tuple[str, dict[str, Any]]:
        """The name of peft's configuration class, and its options for a model of `family`."""
        raise NotImplementedError
