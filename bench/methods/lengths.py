"""How long training texts are in tokens, and how many of them are cut."""

import math
from collections.abc import Sequence

import numpy as np
from transformers import PreTrainedTokenizerBase

from bench.methods.encode import Encoded
from bench.results.measurements import Lengths
from bench.running.warm import Tokens

BINS = 40
"""Bins, about, up to the 99th percentile; or up to where texts are cut, if that is at most twice as far."""


def token_lengths(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    encoded: Encoded,
    max_length: int,
    tokens: Tokens | None = None,
) -> Lengths:
    """Lengths of `texts` before cutting; `encoded` is what `encode` gave for them, in the same order.

    Only texts that fill `max_length` can have been cut, so only they are tokenized again. `texts` is not empty.
    """
    lengths = np.array([len(example["input_ids"]) for example in encoded])  # type: ignore[arg-type]
    full = np.flatnonzero(lengths >= max_length).tolist()
    if full:
        counted = (tokens or Tokens()).of("count", [texts[i] for i in full], lambda new: _count(tokenizer, new))
        lengths[full] = [count for (count,) in counted]
    p50, p95, p99 = (float(part) for part in np.percentile(lengths, [50, 95, 99]))
    edges = bin_edges(p99, int(lengths.max()), max_length)
    return Lengths(
        bin_edges=edges,
        counts=np.histogram(lengths, edges)[0].tolist(),
        mean=float(lengths.mean()),
        p50=p50,
        p95=p95,
        p99=p99,
        max=int(lengths.max()),
        max_length=max_length,
        num_cut=int((lengths > max_length).sum()),
        share_cut=float((lengths > max_length).mean()),
    )


def _count(tokenizer: PreTrainedTokenizerBase, texts: list[str]) -> list[list[int]]:
    """One number a text: its tokens."""
    whole = tokenizer(texts, truncation=False, return_token_type_ids=False, verbose=False)
    return [[len(ids)] for ids in whole["input_ids"]]


def bin_edges(p99: float, longest: int, max_length: int) -> list[int]:
    """Equally wide bins from 0 to past what matters, then one for the rest, if there is any."""
    reach = math.floor(max(p99, max_length if max_length <= 2 * p99 else 0))
    width = max(1, math.ceil(reach / BINS))
    reach = longest if longest <= reach + 3 * width else reach  # not worth a bin of its own
    edges = list(range(0, reach + width + 1, width))
    return edges if longest < edges[-1] else [*edges, longest + 1]
