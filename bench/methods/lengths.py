"""How long training texts are in tokens, and how many of them are cut."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from bench.data.split import Examples, Splits
from bench.methods.cut import count_tokens, measure_cut
from bench.methods.encode import Encoded, Encoder, num_tokens, num_windows
from bench.results.measurements import Cut, Lengths
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
    lengths = whole_lengths(tokenizer, texts, encoded, max_length, tokens)
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


def whole_lengths(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    encoded: Encoded,
    max_length: int,
    tokens: Tokens | None = None,
) -> NDArray[np.int64]:
    """Tokens of each text before cutting, as in `token_lengths`: shape (texts)."""
    added = tokenizer.num_special_tokens_to_add()  # to each window
    read = [num_tokens(example) - added * (num_windows(example) - 1) for example in encoded]
    lengths = np.array(read, dtype=np.int64)
    if full := np.flatnonzero(lengths >= max_length).tolist():
        lengths[full] = count_tokens(tokenizer, [texts[i] for i in full], tokens)
    return lengths


def cut_by(encode: Encoder, splits: Splits) -> Cut:
    """What `encode` cuts off training and test texts."""

    def whole(examples: Examples) -> NDArray[np.int64]:
        return whole_lengths(encode.tokenizer, examples.texts, encode(examples), encode.held, encode.tokens)

    return measure_cut(splits, encode.held, whole, added=encode.tokenizer.num_special_tokens_to_add())


def bin_edges(p99: float, longest: int, max_length: int) -> list[int]:
    """Equally wide bins from 0 to past what matters, then one for the rest, if there is any."""
    reach = math.floor(max(p99, max_length if max_length <= 2 * p99 else 0))
    width = max(1, math.ceil(reach / BINS))
    reach = longest if longest <= reach + 3 * width else reach  # not worth a bin of its own
    edges = list(range(0, reach + width + 1, width))
    return edges if longest < edges[-1] else [*edges, longest + 1]
