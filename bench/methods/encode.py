"""Texts to token ids, and batches of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from bench.data.split import Examples
from bench.errors import UserError
from bench.methods.truncation import cut_ids, truncation_of
from bench.models.truncation import Truncation
from bench.running.warm import Tokens

Example = dict[str, list[int] | int]
"""`input_ids`, `attention_mask` and the label index as `labels`."""
Encoded = list[Example]


def num_tokens(example: Example) -> int:
    """Of one encoded example."""
    ids = example["input_ids"]
    assert isinstance(ids, list)
    return len(ids)


def encode(
    tokenizer: PreTrainedTokenizerBase,
    examples: Examples,
    max_length: int,
    tokens: Tokens | None = None,
    truncation: Truncation | None = None,
) -> Encoded:
    """Tokenize without padding; longer texts are cut to `max_length` tokens. Texts in `tokens` are known already.

    With `truncation=None` they are cut as `tokenizer` does by itself.

    Raises UserError where a text gives no token: a model has nothing to read then.
    """

    kept = truncation or truncation_of(tokenizer)
    rows = (tokens or Tokens()).of(
        ("cut", kept, max_length), examples.texts, lambda texts: cut_ids(tokenizer, texts, max_length, kept)
    )
    if empty := [example for example, ids in zip(examples.ids, rows, strict=True) if not ids]:
        raise UserError(f"{len(empty)} texts give no token, the first one is example {empty[0]!r}")
    return [
        {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": label}
        for ids, label in zip(rows, examples.labels, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Encoder:
    """How a cell's examples become token ids."""

    tokenizer: PreTrainedTokenizerBase
    max_length: int
    tokens: Tokens
    """Those of texts that an earlier cell of the process had."""
    truncation: Truncation = "head"
    """What is kept of longer texts."""

    def __call__(self, examples: Examples) -> Encoded:
        """As `encode`."""
        return encode(self.tokenizer, examples, self.max_length, self.tokens, self.truncation)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Examples ordered by length, so that batches need little padding, and the way back."""

    examples: Encoded
    order: NDArray[np.int64]

    def restore(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """`rows`, computed for `examples`, in the order before sorting."""
        restored = np.empty_like(rows)
        restored[self.order] = rows
        return restored


def sort_by_length(encoded: Encoded) -> Sorted:
    """Sort by number of tokens; equal lengths keep their order."""
    lengths: Sequence[int] = [len(example["input_ids"]) for example in encoded]  # type: ignore[arg-type]
    order = np.argsort(np.asarray(lengths), kind="stable")
    return Sorted(examples=[encoded[i] for i in order], order=order)
