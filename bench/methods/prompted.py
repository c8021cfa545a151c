"""Prompts through a causal model, and the tokens of what follows them."""

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.modeling_outputs import CausalLMOutputWithPast

Continuations = Sequence[Sequence[int]]
"""The tokens of each label's words, as they follow a prompt."""


def run_prompts(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]]
) -> tuple[CausalLMOutputWithPast, torch.Tensor]:
    """What `model` makes of the prompts: the logits after their last token, their keys and values; and the mask of
    their real tokens, shape (prompts, tokens)."""
    # padding on the left, so that all prompts end where the labels begin; masked, so its token does not matter
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=model.device)
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    # with all the logits, a batch of long prompts would need gigabytes for large vocabularies
    out = model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=True, logits_to_keep=1)
    return out, mask


def tokens_after(tokenizer: PreTrainedTokenizerBase, ending: str, joint: str, words: str) -> list[int]:
    """The tokens of `joint` and `words` as they follow a text that ends in `ending`."""
    anchor = tokenizer(ending, add_special_tokens=False)["input_ids"]
    whole = tokenizer(f"{ending}{joint}{words}", add_special_tokens=False)["input_ids"]
    # in place and not alone: some tokenizers put a space of their own before what they are given
    in_place = whole[: len(anchor)] == anchor
    tokens: list[int] = (
        whole[len(anchor) :] if in_place else tokenizer(joint + words, add_special_tokens=False)["input_ids"]
    )
    return tokens
