"""What differs between model families, in one small entry each. Imports nothing heavy.

A new architecture is one entry here and its name in `bench.config.TransformerConfig.family`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bench.config import Precision


@dataclass(frozen=True, slots=True)
class Family:
    """How an architecture of transformers is fitted for classification."""

    lora_targets: tuple[str, ...]
    """Modules that get adapters when `method.target_modules=family`."""
    layers: tuple[str, ...]
    """Paths, within a block, of its linear layers: what adapters can be put on."""
    others: tuple[str, ...]
    """Likewise, paths in the model of what is in no block and not in the head: embeddings, a pooler's layer."""
    head: tuple[str, ...]
    """Modules above the pretrained trunk: newly initialised, always trained whole, never quantized."""
    pooling: Literal["mean", "last"]
    """How a text's features are read off the trunk for a linear probe."""
    pad_candidates: tuple[str, ...]
    """Tokens the vocabulary may already have that serve for padding, best first, where none is set."""
    learning_rates: Mapping[str, float]
    """A sensible learning rate by method."""
    precision: Precision
    blocks: str
    """Path of the list of transformer blocks in the classifier."""
    above: tuple[str, ...] = ()
    """Paths of what the trunk has above its last block: a final norm, a pooler."""
    causal: bool = False
    """It predicts the next token, so it can be asked without training (`zero_shot`)."""
    transposed: bool = False
    """Its linear layers keep their weights as (in, out): GPT-2's `Conv1D`."""


# LoRA: 2e-4 to 5e-4 is the field's usual range for decoders of about a billion parameters; encoders of the BERT type
# learn slowly below 5e-4 (at 1e-4 they look unable where they are undertrained). All weights: 1e-5 for such decoders,
# 2e-5 to 5e-5 for BERT (Devlin et al. 2019, appendix A.3). The last block alone takes more than the whole.
DECODER_RATES = {"lora": 5e-4, "qlora": 5e-4, "full": 1e-5, "last_block": 1e-4}
ENCODER_RATES = {"lora": 1e-3, "qlora": 1e-3, "full": 5e-5, "last_block": 2e-4}

LLAMA_LAYERS = (
    *(f"self_attn.{name}_proj" for name in "qkvo"),
    *(f"mlp.{name}_proj" for name in ("gate", "up", "down")),
)
BERT_EMBEDDINGS = tuple(f"bert.embeddings.{name}_embeddings" for name in ("word", "position", "token_type"))

FAMILIES: dict[str, Family] = {
    "llama": Family(
        lora_targets=("q_proj", "v_proj"),
        layers=LLAMA_LAYERS,
        others=("model.embed_tokens",),
        head=("score",),
        pooling="last",
        pad_candidates=("<|finetune_right_pad_id|>", "<|reserved_special_token_0|>"),
        learning_rates=DECODER_RATES,
        precision="bf16",
        blocks="model.layers",
        above=("model.norm",),
        causal=True,
    ),
    "qwen2": Family(
        lora_targets=("q_proj", "k_proj", "v_proj"),
        layers=LLAMA_LAYERS,
        others=("model.embed_tokens",),
        head=("score",),
        pooling="last",
        pad_candidates=("<|endoftext|>",),
        learning_rates=DECODER_RATES,
        precision="bf16",
        blocks="model.layers",
        above=("model.norm",),
        causal=True,
    ),
    "gpt2": Family(
        lora_targets=("c_attn",),
        layers=("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"),
        others=("transformer.wte", "transformer.wpe"),
        head=("score",),
        pooling="last",
        pad_candidates=("<|endoftext|>",),
        learning_rates=DECODER_RATES,
        precision="bf16",
        blocks="transformer.h",
        above=("transformer.ln_f",),
        causal=True,
        transposed=True,
    ),
    "gemma3": Family(
        lora_targets=("q_proj", "k_proj", "v_proj"),
        layers=LLAMA_LAYERS,
        others=("model.embed_tokens",),
        head=("score",),
        pooling="last",
        pad_candidates=("<pad>",),
        learning_rates=DECODER_RATES,
        precision="bf16",
        blocks="model.layers",
        above=("model.norm",),
        causal=True,
    ),
    "bert": Family(
        lora_targets=("query", "value"),
        layers=(
            *(f"attention.self.{name}" for name in ("query", "key", "value")),
            *("attention.output.dense", "intermediate.dense", "output.dense"),
        ),
        others=(*BERT_EMBEDDINGS, "bert.pooler.dense"),
        head=("classifier",),
        pooling="mean",
        pad_candidates=("[PAD]",),
        learning_rates=ENCODER_RATES,
        precision="fp32",
        blocks="bert.encoder.layer",
        above=("bert.pooler",),
    ),
    "distilbert": Family(
        lora_targets=("q_lin", "v_lin"),
        layers=(*(f"attention.{name}_lin" for name in ("q", "k", "v", "out")), "ffn.lin1", "ffn.lin2"),
        others=tuple(f"distilbert.embeddings.{name}_embeddings" for name in ("word", "position")),
        head=("pre_classifier", "classifier"),
        pooling="mean",
        pad_candidates=("[PAD]",),
        learning_rates=ENCODER_RATES,
        precision="fp32",
        blocks="distilbert.transformer.layer",
    ),
    "modernbert": Family(
        lora_targets=("Wqkv",),
        layers=("attn.Wqkv", "attn.Wo", "mlp.Wi", "mlp.Wo"),
        others=("model.embeddings.tok_embeddings",),
        head=("head", "classifier"),  # a published `head` comes from masked language modelling, and is trained on
        pooling="mean",
        pad_candidates=("[PAD]",),
        learning_rates=ENCODER_RATES,
        precision="fp32",
        blocks="model.layers",
        above=("model.final_norm",),
    ),
}
