"""Models with the published sizes and random weights: time and memory depend on sizes, not on values.

A tiny form of each has the same architecture, for trying on a CPU what measures them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

TINY_VOCABULARY = 4096
"""More than the tokenizers of `folders` have."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An architecture with sizes."""

    name: str
    """As in `conf/model/`; a tiny one has `tiny_` before it."""
    family: str
    config: str
    """The class of its configuration in transformers."""
    sizes: Mapping[str, Any]
    """What differs from that class's defaults."""

    def made(self) -> "PreTrainedConfig":
        """The configuration."""
        import transformers

        config: PreTrainedConfig = getattr(transformers, self.config)(**self.sizes)
        return config

    def tiny(self) -> "Shape":
        """The same with two narrow layers and few words."""
        return Shape(f"tiny_{self.name}", self.family, self.config, {**self.sizes, **TINY[self.config]})


def _shape(name: str, family: str, config: str, **sizes: Any) -> Shape:
    return Shape(name, family, config, sizes)


SHAPES = {
    shape.name: shape
    for shape in (
        _shape("minilm", "bert", "BertConfig", hidden_size=384, num_hidden_layers=6, intermediate_size=1536),
        _shape("bert_base", "bert", "BertConfig"),
        _shape(
            "llama3_2_1b", "llama", "LlamaConfig", vocab_size=128256, hidden_size=2048, intermediate_size=8192,
            num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8, head_dim=64, tie_word_embeddings=True,
            max_position_embeddings=131072, rms_norm_eps=1e-5,
        ),
        _shape(
            "qwen2_5_1_5b", "qwen2", "Qwen2Config", vocab_size=151936, hidden_size=1536, intermediate_size=8960,
            num_hidden_layers=28, num_attention_heads=12, num_key_value_heads=2, tie_word_embeddings=True,
            max_position_embeddings=131072,
        ),
        _shape("gpt2_xl", "gpt2", "GPT2Config", n_embd=1600, n_layer=48, n_head=25),
        _shape(
            "gemma3_1b", "gemma3", "Gemma3TextConfig", vocab_size=262144, hidden_size=1152, intermediate_size=6912,
            num_hidden_layers=26, num_attention_heads=4, num_key_value_heads=1, head_dim=256, sliding_window=512,
        ),
    )
}  # fmt: skip

_NARROW = {
    "vocab_size": TINY_VOCABULARY, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 2,
}  # fmt: skip
TINY: dict[str, dict[str, Any]] = {
    "BertConfig": _NARROW,
    "LlamaConfig": {**_NARROW, "num_key_value_heads": 1, "head_dim": 32},
    "Qwen2Config": {**_NARROW, "num_key_value_heads": 1},
    "GPT2Config": {"vocab_size": TINY_VOCABULARY, "n_embd": 64, "n_layer": 2, "n_head": 2},
    "Gemma3TextConfig": {**_NARROW, "num_key_value_heads": 1, "head_dim": 32, "sliding_window": 32},
}
"""By class; 64 wide, for that many 4-bit weights share a scale."""
