"""Attention on a GPU without the waits that transformers' masks cost there.

Before it makes a mask, transformers looks at the values of the one that it was given, or of positions, to see whether
it is needed at all (`_ignore_causal_mask_sdpa`, `find_packed_sequence_indices` of its `masking_utils`). So in every
pass the host waits until the GPU has done all that it was told before. A decoder needs no mask: texts are padded on the
right, so no token of a text looks at padding, and the head is asked at a text's last token. Without one torch also has
its quickest kernels. An encoder's batch says by itself whether it is padded: it has a mask then, and none otherwise.
"""

from types import SimpleNamespace
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from bench.config.method.peft_rules import MIX_TEXTS
from bench.methods.capability import compute_capability
from bench.models.families import Family

USUAL = "sdpa"
CAUSAL = "sdpa_causal"
"""Of decoders: each token looks at those before it, whatever mask there is. It has no mask function, which transformers
takes for "no mask is to be made"."""
PADDED = "sdpa_padded"
"""Of encoders: a batch with a mask is padded."""
FLASH_CAPABILITY = (8, 0)
UNTRAINED_HEAD_DIMS = range(193, 225)
"""Units of a head with which the flash kernel's way back takes more shared memory than GPUs have that are not for data
centres; beyond them that holds with dropout alone."""


def causal_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' attention by torch, shape (texts, heads, tokens, width) each; a mask only for a window's sake."""
    del attention_mask  # None, for there is no mask function
    length, size = query.shape[2], options.get("sliding_window")
    band = None if size is None or length < size else window(length, size, query.device)
    shared = getattr(module, "num_key_value_groups", 1)
    if shared > 1 and band is None and not shares_keys(query, options.get("dropout", 0.0)):
        key, value = repeat_kv(key, shared), repeat_kv(value, shared)
        module = SimpleNamespace(is_causal=getattr(module, "is_causal", True))
    attended: tuple[torch.Tensor, None] = sdpa_attention_forward(module, query, key, value, band, **options)
    return attended


def shares_keys(query: torch.Tensor, dropout: float = 0.0) -> bool:
    """Whether torch attends quickly where heads share keys and values, so that these need not be repeated for each.

    On a GPU its flash kernel does so, and otherwise only what keeps the attention of each pair of tokens in memory.
    """
    if query.device.type != "cuda":
        return True
    is_autocast = torch.is_autocast_enabled("cuda")
    dtype = torch.get_autocast_dtype("cuda") if is_autocast else query.dtype
    return has_flash(dtype, query.shape[-1], compute_capability(query.device), dropout)


def has_flash(dtype: torch.dtype, width: int, capability: tuple[int, int], dropout: float = 0.0) -> bool:
    """Whether torch's flash kernel trains in `dtype` with heads of `width` on GPUs of this compute capability.

    By torch's `sdp_utils.cpp`: 16 bits, from Ampere on, and some wide heads on the GPUs of data centres alone; wider
    ones yet (Gemma's) elsewhere, too, but not with dropout.
    """
    is_new = dtype in (torch.float16, torch.bfloat16) and capability >= FLASH_CAPABILITY
    is_small = (8, 6) <= capability <= (8, 9) or capability >= (12, 0)
    is_untrained = width in UNTRAINED_HEAD_DIMS or (width >= UNTRAINED_HEAD_DIMS.stop and dropout > 0)
    return is_new and not (is_small and is_untrained)


def window(length: int, size: int, device: torch.device) -> torch.Tensor:
    """Which tokens (last axis) a token looks at: itself and the `size` - 1 before it; shape (1, 1, length, length)."""
    position = torch.arange(length, device=device)
    back = position[:, None] - position[None, :]
    return ((back >= 0) & (back < size))[None, None]


def mask_of_padded(
    *arguments: Any,
    attention_mask: torch.Tensor | None = None,
    allow_is_bidirectional_skip: bool = False,
    **options: Any,
) -> torch.Tensor | None:
    """transformers' mask for torch's attention, made without a look at what is in `attention_mask`."""
    return sdpa_mask(
        *arguments,
        attention_mask=attention_mask,
        allow_is_bidirectional_skip=allow_is_bidirectional_skip and attention_mask is None,
        **options,
    )


AttentionInterface.register(CAUSAL, causal_attention)
AttentionInterface.register(PADDED, sdpa_attention_forward)
AttentionMaskInterface.register(PADDED, mask_of_padded)


def padded_by_mask(model: Any) -> bool:
    """Whether a batch of a classifier's is padded if, and only if, it has a mask."""
    implementation: str | None = model.config.get_text_config()._attn_implementation
    return implementation == PADDED


def spare_masks(model: Any, family: Family, device: str) -> None:
    """Let a classifier on a GPU, with adapters or without, attend as above; on a CPU nothing is waited for.

    What a learnt prompt puts before the texts stands in masks, too: such a model keeps its own, as does one whose
    attention is not torch's, or looks ahead although its family does not, or whose adapters look at padding.
    """
    adapters = getattr(model, "peft_config", {}).values()
    needed = any(each.is_prompt_learning or (family.causal and each.peft_type.value in MIX_TEXTS) for each in adapters)
    whole = next(module for module in model.modules() if isinstance(module, PreTrainedModel))
    config = whole.config.get_text_config()
    looks_ahead = bool(getattr(config, "use_bidirectional_attention", False))
    if device == "cpu" or config._attn_implementation != USUAL or needed:
        return
    if not (family.causal and looks_ahead):
        whole.set_attn_implementation(CAUSAL if family.causal else PADDED)
