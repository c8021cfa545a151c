"""Tiny random models of every family, with the real architecture classes and working tokenizers."""

from pathlib import Path

SPORT = ("goal", "match", "team", "win", "ball", "player", "coach", "league")
BUSINESS = ("bank", "market", "profit", "shares", "trade", "growth", "price", "firm")
WORDS = (*SPORT, *BUSINESS)
"""Words of two topics: eight of sport, eight of business."""

HIDDEN, HEADS, LAYERS, INNER = 64, 2, 2, 128
"""64 wide: what a block of 4-bit weights shares a scale over."""

ENCODERS = ("bert", "distilbert", "modernbert")

SPREAD = 0.2
"""Of an encoder's random weights: wide enough that different words give different features."""


def build(family: str, folder: Path) -> Path:
    """Save a random model of `family` and a word-level tokenizer in `folder`."""
    import torch
    from transformers import AutoModel, AutoModelForCausalLM, set_seed

    tokenizer = _tokenizer(family)
    set_seed(0)
    config = _config(family, len(tokenizer))
    auto = AutoModel if family in ENCODERS else AutoModelForCausalLM
    auto.from_config(config, dtype=torch.float32).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(family: str):
    from transformers import PreTrainedTokenizerFast

    # GPT-2 and Llama come without a pad token; the others have one
    special = {
        "llama": {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"},
        "gpt2": {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"},
        "qwen2": {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
        "gemma3": {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"},
    }.get(family, {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"})
    reserved = ["<|finetune_right_pad_id|>"] if family == "llama" else []
    tokens = list(dict.fromkeys([*special.values(), *reserved]))
    backend = _word_level(tokens) if "cls_token" in special else _byte_level(tokens)
    return PreTrainedTokenizerFast(tokenizer_object=backend, **special)


def _byte_level(special: list[str]):
    """Byte-level BPE, as the decoders' own tokenizers are."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([" ".join(WORDS)] * 50, trainer)
    return tokenizer


def _word_level(special: list[str]):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {token: i for i, token in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return tokenizer


def _config(family: str, vocabulary: int):  # noqa: PLR0911 - one return a family
    import transformers

    decoder = {
        "vocab_size": vocabulary,
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "max_position_embeddings": 64,
        "pad_token_id": None,
    }
    if family == "llama":
        return transformers.LlamaConfig(**decoder)
    if family == "qwen2":
        return transformers.Qwen2Config(**decoder)
    if family == "gemma3":
        return transformers.Gemma3TextConfig(**decoder, head_dim=HIDDEN // HEADS, sliding_window=32)
    if family == "gpt2":
        return transformers.GPT2Config(
            vocab_size=vocabulary, n_embd=HIDDEN, n_inner=INNER, n_layer=LAYERS, n_head=HEADS, n_positions=64,
            bos_token_id=0, eos_token_id=0,
        )  # fmt: skip
    if family == "bert":
        return transformers.BertConfig(
            vocab_size=vocabulary, hidden_size=HIDDEN, intermediate_size=INNER, num_hidden_layers=LAYERS,
            num_attention_heads=HEADS, max_position_embeddings=64, initializer_range=SPREAD,
        )  # fmt: skip
    if family == "modernbert":
        # a window of 8 tokens in its second layer; the published checkpoint pools by the mean, too
        return transformers.ModernBertConfig(
            vocab_size=vocabulary, hidden_size=HIDDEN, intermediate_size=INNER, num_hidden_layers=LAYERS,
            num_attention_heads=HEADS, max_position_embeddings=64, local_attention=8, classifier_pooling="mean",
            initializer_range=SPREAD, pad_token_id=2, cls_token_id=0, sep_token_id=1, bos_token_id=0, eos_token_id=1,
        )  # fmt: skip
    return transformers.DistilBertConfig(
        vocab_size=vocabulary, dim=HIDDEN, hidden_dim=INNER, n_layers=LAYERS, n_heads=HEADS,
        max_position_embeddings=64, initializer_range=SPREAD,
    )  # fmt: skip
