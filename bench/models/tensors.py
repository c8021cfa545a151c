"""What tensors take in memory, in bytes: the parts that methods make their estimates of (`bench.models.estimate`)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.models.families import FAMILIES
from bench.models.precision import Precision
from bench.models.shape import Shape

if TYPE_CHECKING:
    from bench.config.method.base import FourBit
    from bench.config.training import TrainingConfig

BYTES: dict[Precision, int] = {"fp32": 4, "bf16": 2, "fp16": 2}

IN_FP32, ALL_LINEAR, ALL_TRAINED = 1.75, 1.75, 1.25
"""What multiplies activations in fp32 (counted: 1.5 to 1.9), where adapters sit on all linear layers (1.5 to 1.9), and
where the weights are trained themselves (1.15 to 1.35)."""

STATE, STATE_8BIT = 16, 10
"""Bytes of a trained parameter with its gradient and AdamW's two moments, in fp32 and in 8 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Bytes at the peak."""

    weights: int
    """The model as loaded, without what is trained."""
    trained: int
    """Weights, gradients and optimizer states of what is trained."""
    activations: int
    """Or what the optimizer's step takes after them, if that is more. For `zero_shot`, also the keys, values and scores
    of the vocabulary."""

    @property
    def total(self) -> int:
        """The sum."""
        return self.weights + self.trained + self.activations


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainable:
    """What gradient training of a model has in memory, its head aside."""

    weights: float
    """Bytes of the weights as loaded."""
    parameters: int
    """Parameters that are trained."""
    layers: int
    """Blocks that keep activations for the backward pass."""
    factor: float = 1.0
    """What multiplies the activations that a block keeps with LoRA."""


def block_activations(shape: Shape, family: str, tokens: int, precision: Precision) -> float:
    """Bytes that one block keeps for its backward pass on a batch of `tokens` tokens in all, with LoRA."""
    hidden, intermediate = FAMILIES[family].activations
    factor = IN_FP32 if precision == "fp32" else 1
    return tokens * (hidden * shape.hidden + intermediate * shape.intermediate) * factor


def four_bit_bytes(quantization: "FourBit") -> float:
    """Bytes of a parameter in 4 bits, with the scales of its blocks.

    One fp32 scale for 64 parameters; double quantization: one byte for 64, and an fp32 scale for 256 of those
    (Dettmers et al. 2023, QLoRA, section 3).
    """
    scales = 1 / 64 + 4 / (64 * 256) if quantization.double_quant else 4 / 64
    return 0.5 + scales


def frozen_weights(shape: Shape, precision: Precision, quantization: "FourBit | None") -> float:
    """Bytes of a frozen model; with `quantization` all but the embedding is in 4 bits."""
    linear = shape.parameters - shape.embedding
    stored = linear * (BYTES[precision] if quantization is None else four_bit_bytes(quantization))
    return shape.embedding * BYTES[precision] + stored


def trained(
    shape: Shape,
    family: str,
    training: "TrainingConfig",
    tokens: int,
    trainable: Callable[[Shape, Precision], Trainable],
) -> Estimate:
    """Gradient training: the larger of a training step and a validation batch decides on the activations.

    Or the optimizer's step, which comes after the activations are gone: torch's AdamW keeps a root of the second
    moments of all parameters for a moment (`foreach`).
    """
    precision = training.precision
    assert precision is not None
    part = trainable(shape, precision)
    parameters = part.parameters + shape.hidden**2 * (len(FAMILIES[family].head) - 1)
    kept = part.factor * block_activations(shape, family, training.per_device_train_batch_size * tokens, precision)
    if training.gradient_checkpointing:  # each block keeps its input, and one at a time all it needs
        inputs = training.per_device_train_batch_size * tokens * shape.hidden * BYTES[precision]
        step = part.layers * inputs + kept
    else:
        step = part.layers * kept
    # windows of a text are evaluated in batches of their own
    evaluated = training.per_device_eval_batch_size * min(tokens, training.max_length)
    validation = block_activations(shape, family, evaluated, precision)
    in_8_bits = training.optim == "adamw_bnb_8bit"
    roots = 0 if in_8_bits else BYTES["fp32"] * parameters
    return Estimate(
        weights=round(part.weights),
        trained=parameters * (STATE_8BIT if in_8_bits else STATE),
        activations=round(max(step, validation, roots)),
    )
