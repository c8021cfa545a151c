"""What differs between model families, in one small entry each. Imports nothing heavy.

A new architecture is one entry here and its name in `bench.config.TransformerConfig.family`.
"""

from dataclasses import dataclass
from typing import Literal

from bench.models.precision import Precision


@dataclass(frozen=True, slots=True)
class Family:
    """How an architecture of transformers is fitted for classification."""

    lora_targets: tuple[str, ...]
    """Modules that get adapters when `method.target_modules=family`."""
    keys_values: tuple[str, ...]
    """Modules that make keys and values: some kinds of adapters (IA3) go there."""
    feed_forward: tuple[str, ...]
    """The last layer of a block's feed-forward network, by the end of its path."""
    norms: tuple[str, ...]
    """The norms of a block."""
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
    activations: tuple[int, int]
    """Bytes that a block keeps for the backward pass for each token and unit, hidden and intermediate.

    Counted with LoRA in bf16, by hooks on what autograd saves (`torch.autograd.graph.saved_tensors_hooks`), with
    transformers 5.23 on a CPU: within 10 % for each published size, Gemma 3 within 20 %."""
    precision: Precision
    blocks: str
    """Path of the list of transformer blocks in the classifier."""
    above: tuple[str, ...] = ()
    """Paths of what the trunk has above its last block: a final norm, a pooler."""
    causal: bool = False
    """It predicts the next token, so it can be asked without training (`zero_shot`)."""
    takes_keys: bool = True
    """Its attention takes keys and values from before the text (prefix tuning)."""
    overflows_in_fp16: bool = False
    """Its activations are too large for fp16."""
    transposed: bool = False
    """Its linear layers keep their weights as (in, out): GPT-2's `Conv1D`."""


LLAMA_LAYERS = (
    *(f"self_attn.{name}_proj" for name in "qkvo"),
    *(f"mlp.{name}_proj" for name in ("gate", "up", "down")),
)
BERT_EMBEDDINGS = tuple(f"bert.embeddings.{name}_embeddings" for name in ("word", "position", "token_type"))

FAMILIES: dict[str, Family] = {
    "llama": Family(
        lora_targets=("q_proj", "v_proj"),
        keys_values=("k_proj", "v_proj"),
        feed_forward=("down_proj",),
        norms=("input_layernorm", "post_attention_layernorm"),
        layers=LLAMA_LAYERS,
        others=("model.embed_tokens",),
        head=("score",),
        pooling="last",
        pad_candidates=("<|finetune_right_pad_id|>", "<|reserved_special_token_0|>"),
        activations=(22, 8),
        precision="bf16",
        blocks="model.layers",
        above=("model.norm",),
        causal=True,
    ),
    "qwen2": Family(
        lora_targets=("q_proj", "k_proj", "v_proj"),
        keys_values=("k_proj", "v_proj"),
        feed_forward=("down_proj",),
        norms=("input_layernorm", "post_attention_layernorm"),
        layers=LLAMA_LAYERS,
        others=("model.embed_tokens",),
        head=("score",),
        pooling="last",
        pad_candidates=("<|endoftext|>",),
        activations=(22, 8),
        precision="bf16",
        blocks="model.layers",
        above=("model.norm",),
        causal=True,
    ),
    "gpt2": Family(
        lora_targets=("c_attn",),
        keys_values=("c_attn",),
        feed_forward=("mlp.c_proj",),
        norms=("ln_1", "ln_2"),
        layers=("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"),
        others=("transformer.wte", "transformer.wpe"),
        head=("score",),
        pooling="last",
        pad_candidates=("<|endoftext|>",),
        activations=(22, 8),
        precision="bf16",
        blocks="transformer.h",
        above=("transformer.ln_f",),
        causal=True,
        transposed=True,
    ),
    "gemma3": Family(
        lora_targets=("q_proj", "k_proj", "v_proj"),
        keys_values=("k_proj", "v_proj"),
        feed_forward=("down_proj",),
        norms=(
            "input_layernorm",
            "post_attention_layernorm",
            "pre_feedforward_layernorm",
            "post_feedforward_layernorm",
        ),
        layers=LLAMA_LAYERS,
        others=("model.embed_tokens",),
        head=("score",),
        pooling="last",
        pad_candidates=("<pad>",),
        activations=(38, 8),
        overflows_in_fp16=True,
        precision="bf16",
        blocks="model.layers",
        above=("model.norm",),
        causal=True,
    ),
    "bert": Family(
        lora_targets=("query", "value"),
        keys_values=("key", "value"),
        feed_forward=("output.dense",),  # and that of attention, as peft has it
        norms=("LayerNorm",),
        layers=(
            *(f"attention.self.{name}" for name in ("query", "key", "value")),
            *("attention.output.dense", "intermediate.dense", "output.dense"),
        ),
        others=(*BERT_EMBEDDINGS, "bert.pooler.dense"),
        head=("classifier",),
        pooling="mean",
        pad_candidates=("[PAD]",),
        activations=(28, 2),
        precision="fp32",
        blocks="bert.encoder.layer",
        above=("bert.pooler",),
    ),
    "distilbert": Family(
        lora_targets=("q_lin", "v_lin"),
        keys_values=("k_lin", "v_lin"),
        feed_forward=("ffn.lin2",),
        norms=("sa_layer_norm", "output_layer_norm"),
        layers=(*(f"attention.{name}_lin" for name in ("q", "k", "v", "out")), "ffn.lin1", "ffn.lin2"),
        others=tuple(f"distilbert.embeddings.{name}_embeddings" for name in ("word", "position")),
        head=("pre_classifier", "classifier"),
        pooling="mean",
        pad_candidates=("[PAD]",),
        activations=(26, 2),
        precision="fp32",
        blocks="distilbert.transformer.layer",
        takes_keys=False,
    ),
    "modernbert": Family(
        lora_targets=("Wqkv",),
        keys_values=("Wqkv",),
        feed_forward=("mlp.Wo",),
        norms=("mlp_norm",),
        layers=("attn.Wqkv", "attn.Wo", "mlp.Wi", "mlp.Wo"),
        others=("model.embeddings.tok_embeddings",),
        head=("head", "classifier"),  # a published `head` comes from masked language modelling, and is trained on
        pooling="mean",
        pad_candidates=("[PAD]",),
        activations=(19, 8),
        precision="fp32",
        blocks="model.layers",
        above=("model.final_norm",),
        takes_keys=False,
    ),
}
