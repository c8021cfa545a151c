"""`method=lora` and `method=qlora`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from bench.bounds import Dropout, Width
from bench.config.common import FORBID, NEVER
from bench.config.method.base import Chosen, FourBit
from bench.config.method.gradient import AdapterMethod
from bench.config.names import Text
from bench.config.scale import Scale
from bench.models.families import FAMILIES, Family
from bench.models.precision import Precision
from bench.models.shape import Shape

if TYPE_CHECKING:
    from bench.config.model.transformer import TransformerConfig
    from bench.models.tensors import Trainable

JOINED = ("c_attn", "Wqkv")
"""Linear layers that hold query, key and value in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraConfig(AdapterMethod):
    """Low-rank adapters on a frozen base, whole (`lora`) or 4-bit (`qlora`); passed on to peft."""

    name: Literal["lora", "qlora"]
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    r: Width = 8
    """The adapters' rank."""
    alpha: Width = 16
    """Adapters count alpha / r times."""
    dropout: Dropout = 0.05
    """The part of an adapter's inputs that is dropped in training."""
    target_modules: tuple[Text, ...] | Literal["family", "all-linear"] = "family"
    """Layers with adapters: where the family has them, all linear ones, or these by name."""
    use_rslora: bool = False
    """Scale by alpha / sqrt(r) (rank-stabilized LoRA)."""
    use_dora: bool = False
    """Train the weights' magnitudes beside their directions (DoRA)."""
    quant_type: Literal["nf4", "fp4"] = "nf4"
    """Of weights in 4 bits."""
    double_quant: bool = True
    """Quantize the scales of 4-bit weights, too."""

    __pydantic_config__ = FORBID

    in_listing = True
    tunable: ClassVar[Mapping[str, Scale]] = {
        "r": "log", "alpha": "log", "dropout": "linear", "use_rslora": "linear", "use_dora": "linear",
    }  # fmt: skip
    # 2e-4 to 5e-4 is the field's usual range for decoders of about a billion parameters; encoders of BERT's type learn
    # slowly below 5e-4 (at 1e-4 they look unable where they are undertrained)
    rates = (5e-4, 1e-3)

    @property
    def summary(self) -> str:  # type: ignore[override]
        """For a model card."""
        return (
            f"low-rank adapters on the {'frozen base model' if self.quantization is None else 'base model in 4 bits'}"
        )

    @property
    def quantization(self) -> FourBit | None:
        """Of `qlora`."""
        return FourBit(self.quant_type, self.double_quant) if self.name == "qlora" else None

    @property
    def is_stackable(self) -> bool:
        """DoRA normalizes by the weight that an adapter adds to."""
        return not self.use_dora

    def resolve(self, chosen: Chosen) -> Self:
        """With the family's target modules."""
        method = self
        if self.quantization is None:  # nothing is in 4 bits, so options of that have no effect and are no other cell
            method = replace(method, quant_type="nf4", double_quant=True)
        if method.target_modules != "family":
            return method
        return replace(method, target_modules=FAMILIES[chosen.model.family].lora_targets)

    def adapter(self, family: Family) -> tuple[str, dict[str, Any]]:
        """peft's own LoRA."""
        all_linear = self.target_modules == "all-linear"
        options = {
            "r": self.r,
            "lora_alpha": self.alpha,
            "lora_dropout": self.dropout,
            "target_modules": self.target_modules if all_linear else list(self.target_modules),
            "exclude_modules": list(family.head) if all_linear else None,
            "use_rslora": self.use_rslora,
            "use_dora": self.use_dora,
            # GPT-2's Conv1D keeps its weights transposed; in 4 bits it is an ordinary linear layer
            "fan_in_fan_out": family.transposed and self.quantization is None,
        }
        return "LoraConfig", options

    def idle_options(self) -> Mapping[str, str]:
        """Those of 4 bits, where nothing is."""
        if self.quantization is not None:
            return {}
        return dict.fromkeys(("quant_type", "double_quant"), "method=lora has nothing in 4 bits; method=qlora has")

    def problems(self, model: "TransformerConfig") -> list[str]:
        """Target modules that the model's family has not."""
        from bench.models.targets import absent_targets

        return absent_targets(self.target_modules, model)

    def trainable(self, shape: Shape, precision: Precision) -> "Trainable":
        """Adapters in every block."""
        from bench.models.tensors import ALL_LINEAR, Trainable, frozen_weights

        return Trainable(
            weights=frozen_weights(shape, precision, self.quantization),
            parameters=adapter_parameters(shape, self.r, self.target_modules),
            layers=shape.layers,
            factor=ALL_LINEAR if self.target_modules == "all-linear" else 1,
        )


def adapter_parameters(shape: Shape, rank: int, targets: tuple[str, ...] | str) -> int:
    """Parameters of low-rank adapters, at most: grouped keys and values are narrower than counted here."""
    hidden, intermediate = shape.hidden, shape.intermediate
    if isinstance(targets, str):  # all-linear
        per_rank = 8 * hidden + 3 * (hidden + intermediate)
    else:
        per_rank = sum(hidden * (4 if name in JOINED else 2) for name in targets)
    return rank * per_rank * shape.layers
