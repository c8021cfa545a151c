"""GPU memory of a cell by arithmetic, before anything is loaded. Estimates: a record says what a cell really took.

What tensors take at the peak, in bytes (to compare with `memory.peak_device` of a record), is the sum of

- the weights: parameters x their precision; 4-bit ones at `four_bit_bytes`, with the embedding in 16 or 32 bits;
- the state of what is trained: weight, gradient and AdamW's two moments, in fp32 (4 x 4 bytes; 8-bit AdamW:
  4 + 4 + 1 + 1), as counted by Rajbhandari et al. 2020 (ZeRO), section 3.1, for fp32;
- the activations: layers x texts x tokens x (a x hidden + b x intermediate) bytes, in the manner of Korthikanti et
  al. 2022 (Reducing Activation Recomputation), section 4; attention itself is fused and keeps next to nothing.

CUDA itself, fragmentation and what kernels need for a moment (say 1 GB in all) come on top.

How close: frozen weights of real cells (`memory.frozen_weights` of SmolLM2 in bf16 and in 4 bits, MiniLM in fp32) are
met within 0.1 %. A LoRA step of SmolLM2 on 16 x 64 tokens added 765 MB to a CPU process, 767 estimated; in 4 bits 839.
(Where attention has dropout, as in BERT, a CPU keeps the attention matrices, which a GPU does not.)
"""

from dataclasses import dataclass
from typing import assert_never

from bench.config import (
    FullConfig,
    GradientConfig,
    LinearProbeConfig,
    LoraConfig,
    MethodConfig,
    Precision,
    SetfitConfig,
    TrainingConfig,
    TransformerConfig,
    ZeroShotConfig,
)
from bench.models.families import FAMILIES

SIZES = ("parameters", "hidden_size", "intermediate_size", "num_layers", "vocabulary_size")
"""The options of a model that estimates need."""

BYTES: dict[Precision, int] = {"fp32": 4, "bf16": 2}

ACTIVATIONS = {
    "llama": (22, 8), "qwen2": (22, 8), "gemma3": (38, 8), "gpt2": (22, 8), "bert": (28, 2), "distilbert": (26, 2),
    "modernbert": (19, 8),
}  # fmt: skip
"""By family: bytes that a block keeps for the backward pass for each token and unit, hidden and intermediate.

Counted with LoRA in bf16, by hooks on what autograd saves (`torch.autograd.graph.saved_tensors_hooks`), with
transformers 5.23 on a CPU: within 10 % for each published size, Gemma 3 within 20 %."""

IN_FP32, ALL_LINEAR, ALL_TRAINED = 1.75, 1.75, 1.25
"""What multiplies them in fp32 (counted: 1.5 to 1.9), where adapters sit on all linear layers (1.5 to 1.9), and where
the weights are trained themselves (1.15 to 1.35)."""

FUSED = ("c_attn", "Wqkv")
"""Linear layers that hold query, key and value in one."""


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


OVERHEAD = 1e9
"""Bytes that come on top of tensors: CUDA itself, fragmentation, what kernels need for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Bytes at the peak."""

    weights: int
    """The model as loaded, without what is trained."""
    trained: int
    """Weights, gradients and optimizer states of what is trained."""
    activations: int
    """And, for `zero_shot`, the keys, values and scores of the vocabulary."""

    @property
    def total(self) -> int:
        """The sum."""
        return self.weights + self.trained + self.activations


def estimate(
    model: TransformerConfig, method: MethodConfig, training: TrainingConfig | None, *, tokens: int
) -> Estimate | None:
    """The GPU memory of a cell with these (resolved) options, texts of `tokens` tokens; None where a size is unknown.

    `training` is what `compose` gives: None for the methods that train nothing by gradients.
    """
    if (shape := shape_of(model)) is None:
        return None
    if isinstance(method, GradientConfig):
        assert training is not None
        return _trained(shape, model.family, method, training, tokens)
    if isinstance(method, SetfitConfig):
        state = shape.parameters * 16
        pairs = _kept(shape, model.family, 2 * method.batch_size * tokens, "fp32") * ALL_TRAINED
        return Estimate(weights=0, trained=state, activations=round(shape.layers * pairs))
    if isinstance(method, LinearProbeConfig | ZeroShotConfig):
        return _frozen(shape, model.family, method, tokens)
    assert_never(method)


def shape_of(model: TransformerConfig) -> Shape | None:
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


def missing_sizes(model: TransformerConfig) -> list[str]:
    """The options that estimates need and that are not given."""
    return [name for name in SIZES if getattr(model, name) is None]


def four_bit_bytes(method: LoraConfig) -> float:
    """Bytes of a parameter in 4 bits, with the scales of its blocks.

    One fp32 scale for 64 parameters; double quantization: one byte for 64, and an fp32 scale for 256 of those
    (Dettmers et al. 2023, QLoRA, section 3).
    """
    scales = 1 / 64 + 4 / (64 * 256) if method.double_quant else 4 / 64
    return 0.5 + scales


def adapter_parameters(shape: Shape, method: LoraConfig) -> int:
    """Parameters of the adapters, at most: grouped keys and values are narrower than counted here."""
    hidden, intermediate = shape.hidden, shape.intermediate
    if method.target_modules == "all-linear":
        per_rank = 8 * hidden + 3 * (hidden + intermediate)
    else:
        assert method.target_modules != "family"  # resolved by compose
        per_rank = sum(hidden * (4 if name in FUSED else 2) for name in method.target_modules)
    return method.r * per_rank * shape.layers


def _trained(shape: Shape, family: str, method: GradientConfig, training: TrainingConfig, tokens: int) -> Estimate:
    """Gradient methods: the larger of a training step and a validation batch decides on the activations."""
    precision = training.precision
    assert precision is not None
    weights, trained, layers, factor = _parts(shape, method, precision)
    trained += shape.hidden**2 * (len(FAMILIES[family].head) - 1)
    kept = factor * _kept(shape, family, training.per_device_train_batch_size * tokens, precision)
    if training.gradient_checkpointing:  # each block keeps its input, and one at a time all it needs
        inputs = training.per_device_train_batch_size * tokens * shape.hidden * BYTES[precision]
        step = layers * inputs + kept
    else:
        step = layers * kept
    validation = _kept(shape, family, training.per_device_eval_batch_size * tokens, precision)
    return Estimate(
        weights=round(weights),
        trained=trained * (10 if training.optim == "adamw_bnb_8bit" else 16),
        activations=round(max(step, validation)),
    )


def _parts(shape: Shape, method: GradientConfig, precision: Precision) -> tuple[float, int, int, float]:
    """Bytes of the weights, parameters trained (the head aside), blocks that keep activations, and their factor."""
    if isinstance(method, LoraConfig):
        linear = shape.parameters - shape.embedding
        stored = linear * (four_bit_bytes(method) if method.name == "qlora" else BYTES[precision])
        weights = shape.embedding * BYTES[precision] + stored
        factor = ALL_LINEAR if method.target_modules == "all-linear" else 1
        return weights, adapter_parameters(shape, method), shape.layers, factor
    if isinstance(method, FullConfig):
        # autocast keeps a bf16 copy of each fp32 weight through the forward pass
        copies = (shape.parameters - shape.embedding) * (2 if precision == "bf16" else 0)
        return copies, shape.parameters, shape.layers, ALL_TRAINED
    return (shape.parameters - shape.block) * BYTES[precision], shape.block, 1, ALL_TRAINED


def _frozen(shape: Shape, family: str, method: LinearProbeConfig | ZeroShotConfig, tokens: int) -> Estimate:
    """Methods that only run the model: one block's activations at a time."""
    assert method.precision is not None
    size = BYTES[method.precision]
    activations = _kept(shape, family, method.batch_size * tokens, method.precision)
    if isinstance(method, ZeroShotConfig):
        # keys and values of the prompts, at most; scores of the vocabulary at the last token, and their logarithms
        activations += method.batch_size * tokens * shape.layers * 2 * shape.hidden * size
        activations += method.batch_size * shape.vocabulary * (size + 2 * BYTES["fp32"])
    return Estimate(weights=shape.parameters * size, trained=0, activations=round(activations))


def _kept(shape: Shape, family: str, tokens: int, precision: Precision) -> float:
    """Bytes that one block keeps for its backward pass on a batch of `tokens` tokens in all, with LoRA."""
    hidden, intermediate = ACTIVATIONS[family]
    factor = IN_FP32 if precision == "fp32" else 1
    return tokens * (hidden * shape.hidden + intermediate * shape.intermediate) * factor
