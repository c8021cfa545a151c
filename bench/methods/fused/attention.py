"""Attention over texts in one row of tokens: each sees itself alone."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import repeat_kv

from bench.methods.attention import SHORT
from bench.methods.capability import compute_capability
from bench.methods.dropout import dropout
from bench.methods.fused.layout import Group, Layout
from bench.methods.masks import has_flash, shares_keys

NAME = "bench_packed"
"""By which models are told to use it."""
MAX_WIDTH = 256
"""Units of a head that the kernel for texts of different lengths takes."""


@dataclass(frozen=True, slots=True)
class AttentionOptions:
    """What differs between the attention of layers."""

    causal: bool
    window: int | None
    """Tokens see those that are less than so many away."""
    scaling: float | None
    """Of what queries and keys give; None: one over the square root of their width."""
    dropout: float


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    packed: Layout,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """As transformers' attention functions: shape (1, heads, tokens, width) to (1, tokens, heads, width).

    A token sees those of its text that are less than `sliding_window` away; of a causal module, those before alone.
    """
    assert attention_mask is None, "masks are this function's own"
    packed.is_attended = True
    options = AttentionOptions(bool(module.is_causal), sliding_window, scaling, dropout)
    whole = [part.squeeze(0).transpose(0, 1) for part in (query, key, value)]  # (tokens, heads, width)
    found = _varlen(whole, packed, options) if takes_varlen(whole[0], dropout) else _by_groups(whole, packed, options)
    return found.unsqueeze(0), None


def _by_groups(whole: Sequence[torch.Tensor], packed: Layout, options: AttentionOptions) -> torch.Tensor:
    """Of query, key and value, shape (tokens, heads, width): texts of like lengths together, padded to the longest."""
    padded = [packed.attended.pad(part) for part in whole]
    parts = []
    for group in packed.groups:
        end = group.start + len(group.lengths) * group.length
        of_group = padded if len(packed.groups) == 1 else [part[group.start : end] for part in padded]
        asked = [part.unflatten(0, (-1, group.length)).transpose(1, 2) for part in of_group]
        mask = _mask(group, packed, options, is_explicit=is_written_out(asked[0]))
        parts.append(_attend(asked, mask, options).transpose(1, 2).flatten(0, 1))
    return packed.attended.unpad(torch.cat(parts) if len(parts) > 1 else parts[0])


def _mask(group: Group, packed: Layout, options: AttentionOptions, *, is_explicit: bool) -> torch.Tensor | None:
    """That of a group, which the layers of a pass share; within a compiled block it is part of the graph."""
    name = group.start, options.causal, options.window, is_explicit
    if torch.compiler.is_compiling() or name not in packed.masks:
        mask = mask_of(group, causal=options.causal, window=options.window, is_explicit=is_explicit)
        if torch.compiler.is_compiling():
            return mask
        packed.masks[name] = mask
    return packed.masks[name]


def _attend(asked: Sequence[torch.Tensor], mask: torch.Tensor | None, options: AttentionOptions) -> torch.Tensor:
    """Of query, key and value, shape (texts, heads, length, width); what torch computes needs no causal mask."""
    query, key, value = asked
    if is_written_out(query):
        return _written_out(asked, mask, options)
    if query.device.type != "cpu" and (mask is not None or not shares_keys(query, options.dropout)):
        key, value = (repeat_kv(part, query.shape[1] // part.shape[1]) for part in (key, value))
    return F.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=mask,
        dropout_p=options.dropout,
        is_causal=options.causal and mask is None,
        scale=options.scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )


def is_written_out(query: torch.Tensor) -> bool:
    """Whether attention of `query`, shape (texts, heads, length, width), is computed here and not by torch's own."""
    is_short = query.dtype in (torch.float32, torch.bfloat16) and query.shape[2] <= SHORT
    return query.device.type == "cpu" and query.requires_grad and is_short


def _written_out(asked: Sequence[torch.Tensor], mask: torch.Tensor | None, options: AttentionOptions) -> torch.Tensor:
    """As torch's, written out: its own plain one looks for rows that see nothing, and draws dropout slowly."""
    query, key, value = asked
    texts, heads, length, width = query.shape
    # queries that share keys and values are rows of one product
    shared = query.reshape(texts, key.shape[1], -1, width) * (
        width**-0.5 if options.scaling is None else options.scaling
    )
    scores = (shared @ key.transpose(2, 3)).view(texts, heads, length, length)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(-1, dtype=torch.float32).to(value.dtype)
    if options.dropout:
        weights = dropout(weights, options.dropout)
    return (weights.view(texts, key.shape[1], -1, length) @ value).view(texts, heads, length, width)


def mask_of(group: Group, *, causal: bool, window: int | None, is_explicit: bool = False) -> torch.Tensor | None:
    """Which tokens see which, to be broadcast to (texts, heads, length, length); None where all see all of the text or,
    where it is causal and not asked for explicitly, all before them.

    Texts are padded on the right, where a causal token does not look.
    """
    near = window if window is not None and window < group.length else None
    if near is None and (not is_explicit if causal else group.is_even):
        return None
    position = group.position
    distance = position[:, None] - position
    seen = torch.ones_like(distance, dtype=torch.bool) if not causal else distance >= 0
    if near is not None:
        seen = seen & (distance.abs() < near)
    if causal or group.is_even:
        return seen[None, None]
    is_token = (position < group.lengths[:, None])[:, None, None]
    if near is None:
        return is_token
    itself = torch.eye(group.length, dtype=torch.bool, device=position.device)  # else padding sees nothing
    return seen & is_token | itself


def takes_varlen(query: torch.Tensor, dropout: float) -> bool:
    """Whether torch's flash kernel for texts of different lengths takes this: it knows no dropout."""
    if query.device.type != "cuda" or dropout or query.shape[-1] > MAX_WIDTH or varlen_kernel() is None:
        return False
    return has_flash(query.dtype, query.shape[-1], compute_capability(query.device))


@functools.cache
def varlen_kernel() -> Callable[..., torch.Tensor] | None:
    """torch's attention over texts of different lengths; None where there is none with windows and shared keys."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    kernel: Any = varlen_attn  # it gives more than a tensor only where it is asked to
    return kernel if {"scale", "window_size", "enable_gqa"} <= inspect.signature(kernel).parameters.keys() else None


def _varlen(whole: Sequence[torch.Tensor], packed: Layout, options: AttentionOptions) -> torch.Tensor:
    """Of query, key and value, shape (tokens, heads, width), by the kernel that takes them as they are."""
    query, key, value = whole
    before = -1 if options.window is None else options.window - 1
    kernel = varlen_kernel()
    assert kernel is not None
    return kernel(
        query,
        key,
        value,
        packed.ends,
        packed.ends,
        packed.longest,
        packed.longest,
        scale=options.scaling,
        window_size=(before, 0 if options.causal else before),
        enable_gqa=query.shape[1] != key.shape[1],
    )


AttentionInterface.register(NAME, packed_attention)  # without a function for masks, models make none
