"""`method=peft`: any type of adapter that peft has, by its name and its own options."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method import peft_checks, peft_patterns
from bench.config.method.base import Chosen, FourBit, FrozenBase
from bench.config.method.gradient import AdapterMethod
from bench.config.method.lora import LoraConfig, adapter_parameters
from bench.config.method.peft_rules import (
    CACHED,
    INITS_SHARING,
    NOT_TRANSPOSED,
    OURS,
    RATES,
    SHARING,
    VECTORS,
    VIRTUAL_TOKENS,
    default_targets,
)  # fmt: skip
from bench.config.method.peft_types import adapter_type
from bench.config.names import Name, Text
from bench.errors import UserError
from bench.models.families import FAMILIES, Family
from bench.models.precision import Precision
from bench.models.shape import Shape

if TYPE_CHECKING:
    from bench.config.model.transformer import TransformerConfig
    from bench.config.training import TrainingConfig
    from bench.models.tensors import Trainable


@dataclass(frozen=True, slots=True, kw_only=True)
class PeftConfig(AdapterMethod):
    """Adapters of any type of peft on a frozen base, whole or in 4 bits."""

    name: Literal["peft"]
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    peft_type: Text
    """peft's own name of it: IA3, VERA, BOFT, ..."""
    options: dict[Text, Any] = field(default_factory=dict, hash=False)
    """Options of peft's configuration of that type, by its own names. Those at peft's default make no other cell."""
    called: Name | None = field(default=None, metadata=IF_SET)
    """What rows and records call it; null for the type's name in lower case."""
    load_in_4bit: bool = False
    quant_type: Literal["nf4", "fp4"] = "nf4"
    """Of weights in 4 bits."""
    double_quant: bool = True
    """Quantize the scales of 4-bit weights, too."""
    defaults: dict[Text, Any] = field(default_factory=dict, hash=False, metadata=NEVER)
    """What peft takes for the options that are not given, so that records say all of it. Filled in."""

    __pydantic_config__ = FORBID

    @property
    def label(self) -> str:
        """What rows and records call it."""
        name = self.called or self.peft_type.lower()
        return "peft_lora" if name == "lora" else name

    @property
    def choice(self) -> str:
        """What chooses it on the command line, whether or not it has a file in `conf/method/`."""
        return f"method=peft method.peft_type={self.peft_type}"

    @property
    def summary(self) -> str:  # type: ignore[override]
        """For a model card."""
        base = "base model in 4 bits" if self.load_in_4bit else "frozen base model"
        return f"{self.peft_type} adapters (peft) on the {base}"

    @property
    def rates(self) -> tuple[float, float]:  # type: ignore[override]
        """Those of its type, or else LoRA's."""
        return RATES.get(self.peft_type, LoraConfig.rates)

    @property
    def reads_model_rate(self) -> bool:  # type: ignore[override]
        """A model's learning rate is one of LoRA's."""
        return self.peft_type not in RATES

    @property
    def quantization(self) -> FourBit | None:
        """With `load_in_4bit`."""
        return FourBit(self.quant_type, self.double_quant) if self.load_in_4bit else None

    @property
    def own_tokens(self) -> int:
        """Of a prompt."""
        return int(self.options.get("num_virtual_tokens") or 0)

    def resolve(self, chosen: Chosen) -> Self:
        """With what is left to the family; options at peft's default are left out. Raises UserError."""
        name = peft_checks.known_type(self.peft_type)
        kind, family = adapter_type(name), FAMILIES[chosen.model.family]
        peft_checks.check(name, self.options, in_4bit=self.load_in_4bit)
        peft_checks.check_name(self.called)
        given = {key: value for key, value in self.options.items() if value != kind.options[key].default}
        targets = given.get("target_modules", "family")
        if "target_modules" in kind.options:
            if targets == "family":
                given |= default_targets(name, family)
            elif targets == "all-linear":
                given["target_modules"] = list(family.layers)
        if name == "IA3" and "feedforward_modules" not in given:
            given["feedforward_modules"] = [m for m in family.feed_forward if m in given["target_modules"]]
        if kind.is_prompt:
            given.setdefault("num_virtual_tokens", VIRTUAL_TOKENS)
        taken = {
            key: option.default
            for key, option in kind.options.items()
            if key not in given and key not in (*OURS, "fan_in_fan_out") and option.default is not None
        }
        method = replace(self, peft_type=name, options=given, defaults=taken)
        if not self.load_in_4bit:  # nothing is in 4 bits, so options of that have no effect and are no other cell
            method = replace(method, quant_type="nf4", double_quant=True)
        return method

    @property
    def gains_by_checkpointing(self) -> bool:
        """Not with keys and values before a text, which would be lost where a block is computed again."""
        return self.peft_type not in CACHED

    def resolve_training(
        self, training: "TrainingConfig", model: "TransformerConfig", *, tuned: bool
    ) -> "TrainingConfig":
        """As of others. Raises UserError where checkpoints of activations would lose what goes before a text."""
        if training.gradient_checkpointing and not self.gains_by_checkpointing:
            raise UserError(
                f"training.gradient_checkpointing=true: {self.choice} puts keys and values before a text, which would "
                "be lost where they are computed again: leave it out"
            )
        return AdapterMethod.resolve_training(self, training, model, tuned=tuned)

    def why_no_windows(self) -> str | None:
        """A prompt is learnt for whole texts, and AdaLoRA's loss is not that of the examples alone."""
        if self.own_tokens:
            return "learns what goes before a text, once"
        return "adds a loss of its own to that of a window" if self.peft_type == "ADALORA" else None

    def adapter(self, family: Family) -> tuple[str, dict[str, Any]]:
        """peft's configuration of the type; with the defaults that it was resolved with, of those that peft has."""
        kind = adapter_type(self.peft_type)
        taken = {key: value for key, value in self.defaults.items() if key in kind.options}
        options = {**taken, **self.options}
        if "fan_in_fan_out" in kind.options:
            # GPT-2's Conv1D keeps its weights transposed; in 4 bits it is an ordinary linear layer
            options.setdefault("fan_in_fan_out", family.transposed and self.quantization is None)
        return kind.config_class, options

    def idle_options(self) -> Mapping[str, str]:
        """Those of 4 bits, where nothing is."""
        if self.load_in_4bit:
            return {}
        reason = f"{self.choice} has nothing in 4 bits; method.load_in_4bit=true puts the base model there"
        return dict.fromkeys(("quant_type", "double_quant"), reason)

    def default_of(self, option: str) -> Any:
        """Give peft's default of one of `options`; None where it is unknown."""
        return self.defaults.get(option)

    def problems(self, model: "TransformerConfig") -> list[str]:
        """What the model's family has not: target modules, layers of a kind that the type goes on."""
        from bench.models.targets import absent_targets, every_module

        family = FAMILIES[model.family]
        if self.peft_type in CACHED and not family.takes_keys:
            return [f"{self.choice}: {model.family} takes no keys and values from before a text ({model.name})"]
        on_transposed = family.transposed and self.quantization is None
        is_olora = self.options.get("init_lora_weights") == "olora"
        if on_transposed and (self.peft_type in NOT_TRANSPOSED or is_olora):
            what = "method.options.init_lora_weights=olora" if is_olora else self.choice
            return [
                f"{what}: peft has none for the layers of {model.name} ({model.family}: Conv1D); on a base in 4 "
                "bits (method.load_in_4bit=true) they are others"
            ]
        known = model.num_layers if model.path is None else None  # a folder may hold a model of another size
        absent = [] if known is None else peft_checks.check_layers(self.options, known, model.name)
        targets = self.options.get("target_modules")
        if isinstance(targets, list):
            option = "method.options.target_modules"
            absent += absent_targets(tuple(targets), model, option=option, norms=self.is_of_norms)
        if absent or targets is None or self.is_of_norms or model.trust_remote_code:
            return absent
        return peft_patterns.absent_patterns(self.peft_type, self.options, every_module(family, known), model.name)

    @property
    def is_of_norms(self) -> bool:
        """Whether it goes on norms, not on linear layers."""
        return self.peft_type == "LN_TUNING"

    def base(self, training: "TrainingConfig | None") -> FrozenBase | None:
        """None where the base's weights are changed, or are not known not to be."""
        init = self.options.get("init_lora_weights", True)
        if self.peft_type not in SHARING or (self.peft_type == "LORA" and init not in INITS_SHARING):
            return None
        return AdapterMethod.base(self, training)

    def trainable(self, shape: Shape, precision: Precision) -> "Trainable":
        """Adapters in every block: at most what is counted here."""
        from bench.models.tensors import ALL_LINEAR, Trainable, frozen_weights

        return Trainable(
            weights=frozen_weights(shape, precision, self.quantization),
            parameters=self._parameters(shape),
            layers=shape.layers,
            factor=ALL_LINEAR,  # many types make a layer's whole change, or run beside it
        )

    def _parameters(self, shape: Shape) -> int:
        """Trained parameters, at most; all of the weights that adapters are put on, where a type says no rank."""
        options = {**self.defaults, **self.options}
        targets = options.get("target_modules") or ()
        wide = shape.intermediate + shape.hidden
        if self.own_tokens:
            width = shape.hidden * (2 * shape.layers if self.peft_type in CACHED else 1)
            inner = options.get("encoder_hidden_size") or shape.hidden
            return self.own_tokens * width + (2 * inner * (width + inner) if "encoder_hidden_size" in options else 0)
        if self.peft_type in VECTORS:
            return 4 * wide * max(len(targets), 1) * shape.layers
        rank = options.get("init_r", options.get("r"))
        if isinstance(rank, int) and rank > 0 and isinstance(targets, list):
            return 2 * adapter_parameters(shape, rank, tuple(targets)) + rank * wide * len(targets) * shape.layers
        return shape.block * shape.layers
