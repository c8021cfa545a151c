"""A tiny random Llama as a GGUF file, written by the format's own library."""

from pathlib import Path

import numpy as np

WIDTH, INNER, HEADS, LAYERS = 32, 64, 2, 2
TOKENS = ["<|endoftext|>", "<s>", *"abcdefghijklmnopqrstuvwxyz", "Ġ", "th", "he", "in"]


def write(path: Path) -> None:
    """Save the file, with a byte-pair tokenizer of a few merges."""
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([gguf.TokenType.CONTROL] * 2 + [gguf.TokenType.NORMAL] * (len(TOKENS) - 2))
    writer.add_token_merges(["t h", "h e", "i n"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(0)
    draw = np.random.default_rng(0)

    def tensor(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", draw.normal(0, 0.2, shape).astype(np.float32))

    tensor("token_embd", len(TOKENS), WIDTH)
    tensor("output_norm", WIDTH)
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensor(f"blk.{layer}.{part}", WIDTH, WIDTH)
        tensor(f"blk.{layer}.attn_norm", WIDTH)
        tensor(f"blk.{layer}.ffn_norm", WIDTH)
        tensor(f"blk.{layer}.ffn_gate", INNER, WIDTH)
        tensor(f"blk.{layer}.ffn_up", INNER, WIDTH)
        tensor(f"blk.{layer}.ffn_down", WIDTH, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
