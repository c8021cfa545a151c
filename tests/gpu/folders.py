"""Folders of models with random weights, as `from_pretrained` reads them, and texts of exactly so many tokens."""

import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from tests.gpu.shapes import TINY_VOCABULARY, Shape

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase

WORDS = tuple(map("".join, product("bcdfghjklmnpqrst", "aeiou", "bdfgklmnprst")))
"""A token each. Letters alone: decoders' tokenizers take words and numbers apart."""
ENCODERS = ("bert", "distilbert", "modernbert")
SPECIAL = {
    "llama": {"eos_token": "<|end_of_text|>", "pad_token": "<|finetune_right_pad_id|>"},
    "qwen2": {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
    "gpt2": {"eos_token": "<|endoftext|>"},
    "gemma3": {"eos_token": "<eos>", "pad_token": "<pad>"},
    "bert": {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"},
}
"""Of the tokenizers, by family. BERT's adds two to a text, the others none."""


def build(shape: Shape, folder: Path, device: str) -> Path:
    """Save a model of `shape` in bf16, with a tokenizer, in `folder`; its weights are drawn on `device`."""
    import torch
    from transformers import AutoModel, AutoModelForCausalLM, set_seed

    set_seed(0)
    auto = AutoModel if shape.family in ENCODERS else AutoModelForCausalLM
    with torch.device(device):
        model = auto.from_config(shape.made(), dtype=torch.bfloat16)
    model.save_pretrained(folder)
    tokenizer(shape.family).save_pretrained(folder)
    return folder


def tokenizer(family: str) -> "PreTrainedTokenizerBase":
    """One that takes a word of `WORDS` for a token; for decoders byte-level BPE, for Qwen's class knows no other."""
    from transformers import PreTrainedTokenizerFast

    special = SPECIAL[family]
    tokens = list(dict.fromkeys(special.values()))
    backend = _word_level(tokens) if family in ENCODERS else _byte_level(tokens)
    return PreTrainedTokenizerFast(tokenizer_object=backend, **special)


def _word_level(special: list[str]) -> "Tokenizer":
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {token: i for i, token in enumerate([*special, *WORDS])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return made


def _byte_level(special: list[str]) -> "Tokenizer":
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=TINY_VOCABULARY, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([*WORDS, *(f" {word}" for word in WORDS)], trainer)  # a text's first word has no space
    return made


def texts(lengths: Sequence[int], labels: Sequence[int], num_labels: int, added: int, seed: int = 0) -> list[str]:
    """A text of so many tokens each, `added` of which are the tokenizer's own.

    Two words of three are of its label's own part of `WORDS`: there is something to learn.
    """
    draw, share = random.Random(seed), len(WORDS) // num_labels
    made = []
    for length, label in zip(lengths, labels, strict=True):
        own = WORDS[label * share : (label + 1) * share]
        made.append(" ".join(draw.choice(own if draw.random() < 2 / 3 else WORDS) for _ in range(length - added)))
    return made
