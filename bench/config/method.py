"""The schema of `conf/method/`."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from bench.config.common import FORBID, NEVER, Precision
from bench.config.names import Text
from bench.config.numbers import Dropout, Positive, PositiveFloat, Regularisations, Width


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraConfig:
    """Low-rank adapters on a frozen base, whole (`lora`) or 4-bit (`qlora`); passed on to peft."""

    name: Literal["lora", "qlora"]
    r: Width = 8
    alpha: Width = 16
    dropout: Dropout = 0.05
    target_modules: tuple[Text, ...] | Literal["family", "all-linear"] = "family"
    use_rslora: bool = False
    use_dora: bool = False
    quant_type: Literal["nf4", "fp4"] = "nf4"
    double_quant: bool = True

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class FullConfig:
    """All weights are trained."""

    name: Literal["full"]
    model_dropout: Dropout | None = None
    """Sets every dropout of the model; null leaves them as they come."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBlockConfig:
    """The last transformer block, what is above it in the trunk, and the head are trained."""

    name: Literal["last_block"]
    model_dropout: Dropout | None = None
    """Sets every dropout of the model; null leaves them as they come."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearProbeConfig:
    """Logistic regression on the frozen model's pooled features."""

    name: Literal["linear_probe"]
    pooling: Literal["family", "mean", "last"] = "family"
    C: Regularisations = (0.01, 0.1, 1.0, 10.0, 100.0)
    """Inverse regularisation strengths tried; validation chooses."""
    max_length: Width = 512
    """Tokens; longer texts are cut. Null for 512, or what the model has positions for, if that is less."""
    max_length_asked: bool = field(default=False, metadata=NEVER)
    """Whether `max_length` was given: a default gives way to fewer positions (`bench.running.positions`). Filled in."""
    batch_size: Width = 64
    precision: Precision | None = None
    precision_asked: bool = field(default=False, metadata=NEVER)
    """Whether `precision` was given: a default gives way where a CPU is slow in it (`running.bf16`). Filled in."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroShotConfig:
    """A causal model scores each label's words after a prompt. No training examples are used."""

    name: Literal["zero_shot"]
    prompt: Text | None = None
    """With `{text}` where the text goes; the label's words follow after a space (or a new line that is there).
    Null for the data's."""
    label_words: dict[Text, Text] | None = field(default=None, hash=False)
    """What each label is called; null for the data's, or where it has none, for the labels' names."""
    calibrate: bool = False
    """Divide out what the model prefers without any content (Zhao et al. 2021)."""
    max_length: Width = 512
    """Tokens of the text; longer texts are cut, the prompt around them is not. Null for 512, or what the model's
    positions leave beside the prompt, if that is less."""
    max_length_asked: bool = field(default=False, metadata=NEVER)
    """Whether `max_length` was given: a default gives way to fewer positions (`bench.running.positions`). Filled in."""
    batch_size: Width = 64
    """Prompts at once, times labels of more than one token."""
    precision: Precision | None = None
    precision_asked: bool = field(default=False, metadata=NEVER)
    """Whether `precision` was given: a default gives way where a CPU is slow in it (`running.bf16`). Filled in."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class SetfitConfig:
    """Contrastive tuning of a sentence encoder, then logistic regression (Tunstall et al. 2022), by setfit."""

    name: Literal["setfit"]
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
    """Whether `max_length` was given: a default gives way to fewer positions (`bench.running.positions`). Filled in."""

    __pydantic_config__ = FORBID

    @property
    def epochs(self) -> int:
        """Passes over the pairs that are asked for."""
        return 1 if self.num_epochs is None else self.num_epochs

    @property
    def most_steps(self) -> int | None:
        """Optimizer steps that are trained at most; None where epochs alone say how many."""
        return 200 if self.max_steps is None and self.num_epochs is None else self.max_steps


GradientConfig = LoraConfig | FullConfig | LastBlockConfig
"""Methods that train by gradients, as `training` says."""
MethodConfig = Annotated[
    GradientConfig | LinearProbeConfig | ZeroShotConfig | SetfitConfig, Field(discriminator="name")
]
