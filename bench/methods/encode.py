"""Texts to token ids, and batches of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import DataCollatorWithPadding, PreTrainedTokenizerBase

from bench.data.examples import Target
from bench.data.split import Examples
from bench.errors import UserError
from bench.methods.truncation import cut_ids, truncation_of
from bench.methods.windows import WINDOWS, in_windows
from bench.models.truncation import Truncation
from bench.models.windows import tokens_held
from bench.running.warm import Tokens

Example = dict[str, list[int] | list[float] | int]
"""`input_ids`, `attention_mask` and as `labels` the label index, or 0.0 and 1.0 by label where there may be several; of
a text in windows, the ids are those of all of them, and `windows` says how many each has."""
Encoded = list[Example]


def num_tokens(example: Example) -> int:
    """Of one encoded example, in all of its windows."""
    ids = example["input_ids"]
    assert isinstance(ids, list)
    return len(ids)


def num_windows(example: Example) -> int:
    """Of one encoded example."""
    windows = example.get(WINDOWS, (1,))
    assert not isinstance(windows, int)
    return len(windows)


def encode(
    tokenizer: PreTrainedTokenizerBase,
    examples: Examples,
    max_length: int,
    tokens: Tokens | None = None,
    truncation: Truncation | None = None,
    *,
    max_windows: int | None = None,
) -> Encoded:
    """Tokenize without padding; longer texts are cut to `max_length` tokens. Texts in `tokens` are known already.

    With `truncation=None` they are cut as `tokenizer` does by itself. With `max_windows` they are cut to what so many
    windows of `max_length` tokens hold.

    Raises UserError where a text gives no token: a model has nothing to read then.
    """

    kept = truncation or truncation_of(tokenizer)
    held = tokens_held(max_length, max_windows, tokenizer.num_special_tokens_to_add())
    rows = (tokens or Tokens()).of(
        ("cut", kept, held), examples.texts, lambda texts: cut_ids(tokenizer, texts, held, kept)
    )
    if empty := [example for example, ids in zip(examples.ids, rows, strict=True) if not ids]:
        raise UserError(f"{len(empty)} texts give no token, the first one is example {empty[0]!r}")
    lengths: list[list[int]] = []
    if max_windows is not None:
        of_texts = in_windows(tokenizer, examples.texts, rows, max_length)
        rows = [list(chain.from_iterable(windows)) for windows in of_texts]
        lengths = [[len(ids) for ids in windows] for windows in of_texts]
    encoded: Encoded = [
        {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": as_model_target(label)}
        for ids, label in zip(rows, examples.labels, strict=True)
    ]
    for example, of_example in zip(encoded, lengths, strict=False):  # none without windows
        example[WINDOWS] = of_example
    return encoded


def as_model_target(target: Target) -> int | list[float]:
    """What a model's loss is given: a batch of integers says that each text has one label, of floats that it may have
    several (`bench.methods.losses`)."""
    return target if isinstance(target, int) else list(map(float, target))


@dataclass(frozen=True, slots=True)
class Encoder:
    """How a cell's examples become token ids."""

    tokenizer: PreTrainedTokenizerBase
    max_length: int
    tokens: Tokens
    """Those of texts that an earlier cell of the process had."""
    truncation: Truncation = "head"
    """What is kept of longer texts."""
    max_windows: int | None = None
    """Windows of a text; None where texts are not read in windows."""

    @property
    def held(self) -> int:
        """The tokens that are read of a text at most, those that the tokenizer adds counted once."""
        return tokens_held(self.max_length, self.max_windows, self.tokenizer.num_special_tokens_to_add())

    def __call__(self, examples: Examples) -> Encoded:
        """As `encode`."""
        cut = self.max_length, self.tokens, self.truncation
        return encode(self.tokenizer, examples, *cut, max_windows=self.max_windows)


GPU_MULTIPLE = 8
"""Tokens: rows of a batch on a GPU are filled up to a multiple of so many. Attention copies a mask whose rows are not
aligned to 16 bytes in every layer, and matrix units take sizes of 8 at once (bf16, fp16)."""


def padding(tokenizer: PreTrainedTokenizerBase, max_length: int, device: str) -> DataCollatorWithPadding:
    """Fills the rows of a batch up to its longest text; on `cuda` further, but never past `max_length` tokens."""
    aligned = device == "cuda" and max_length % GPU_MULTIPLE == 0
    return DataCollatorWithPadding(tokenizer, pad_to_multiple_of=GPU_MULTIPLE if aligned else None)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Examples ordered by length, so that batches need little padding, and the way back."""

    examples: Encoded
    order: NDArray[np.int64]

    def restore(self, rows: NDArray[Any]) -> NDArray[Any]:
        """`rows`, computed for `examples`, in the order before sorting."""
        restored = np.empty_like(rows)
        restored[self.order] = rows
        return restored


def sort_by_length(encoded: Encoded) -> Sorted:
    """Sort by number of tokens; equal lengths keep their order."""
    lengths: Sequence[int] = [len(example["input_ids"]) for example in encoded]  # type: ignore[arg-type]
    order = np.argsort(np.asarray(lengths), kind="stable")
    return Sorted(examples=[encoded[i] for i in order], order=order)
