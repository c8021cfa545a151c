"""What differs between model families, in one small entry each. Imports nothing heavy.

A new architecture is one entry here and its name in `bench.config.TransformerConfig.family`.
"""

from dataclasses import dataclass
from typing import Literal

from bench.config import Precision


@dataclass(frozen=True, slots=True)
class Family:
    """How an architecture of transformers is fitted for classification."""

    lora_targets: tuple[str, ...]
    """Modules that get adapters when `method.target_modules=family`."""
    head: tuple[str, ...]
    """Modules above the pretrained trunk: newly initialised, always trained whole, never quantized."""
    pooling: Literal["mean", "last"]
    """How a text's features are read off the trunk for a linear probe."""
    pad_candidates: tuple[str, ...]
    """Tokens the vocabulary may already have that serve for padding, best first, where none is set."""
    learning_rate: float
    """A sensible LoRA learning rate."""
    precision: Precision
    transposed: bool = False
    """Its linear layers keep their weights as (in, out): GPT-2's `Conv1D`."""


# LoRA learning rates: 2e-4 to 5e-4 is the field's usual range for decoders of about a billion parameters;
# encoders of the BERT type learn slowly below 5e-4 (at 1e-4 they look unable where they are undertrained).
FAMILIES: dict[str, Family] = {
    "llama": Family(
        lora_targets=("q_proj", "v_proj"),
        head=("score",),
        pooling="last",
        pad_candidates=("<|finetune_right_pad_id|>", "<|reserved_special_token_0|>"),
        learning_rate=5e-4,
        precision="bf16",
    ),
    "qwen2": Family(
        lora_targets=("q_proj", "k_proj", "v_proj"),
        head=("score",),
        pooling="last",
        pad_candidates=("<|endoftext|>",),
        learning_rate=5e-4,
        precision="bf16",
    ),
    "gpt2": Family(
        lora_targets=("c_attn",),
        head=("score",),
        pooling="last",
        pad_candidates=("<|endoftext|>",),
        learning_rate=5e-4,
        precision="bf16",
        transposed=True,
    ),
    "gemma3": Family(
        lora_targets=("q_proj", "k_proj", "v_proj"),
        head=("score",),
        pooling="last",
        pad_candidates=("<pad>",),
        learning_rate=5e-4,
        precision="bf16",
    ),
    "bert": Family(
        lora_targets=("query", "value"),
        head=("classifier",),
        pooling="mean",
        pad_candidates=("[PAD]",),
        learning_rate=1e-3,
        precision="fp32",
    ),
    "distilbert": Family(
        lora_targets=("q_lin", "v_lin"),
        head=("pre_classifier", "classifier"),
        pooling="mean",
        pad_candidates=("[PAD]",),
        learning_rate=1e-3,
        precision="fp32",
    ),
}
