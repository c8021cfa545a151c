"""How many texts are longer than what a model is given of them, and what they lose."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from bench.data.split import Examples, Splits
from bench.results.measurements import Cut, CutTexts
from bench.running.warm import Tokens


def measure_cut(
    splits: Splits, max_length: int, whole: Callable[[Examples], NDArray[np.int64]], *, added: int, train: bool = True
) -> Cut:
    """What a limit of `max_length` tokens cuts off training (with `train`) and test texts.

    `whole` gives the tokens of each text before cutting; `added` of them, and of the limit, are the tokenizer's own.
    """

    def of(examples: Examples) -> CutTexts:
        lengths = whole(examples)
        longer = lengths[lengths > max_length]
        lost = (longer - max_length) / (longer - added)
        return CutTexts(
            num_cut=len(longer),
            share_cut=len(longer) / max(len(lengths), 1),
            median_lost=float(np.median(lost)) if len(longer) else None,
        )

    return Cut(max_length=max_length, train=of(splits.train) if train else None, test=of(splits.test))


def count_tokens(
    tokenizer: PreTrainedTokenizerBase, texts: list[str], tokens: Tokens | None = None, *, special: bool = True
) -> list[int]:
    """The tokens of each text, none cut; with `special`, those that the tokenizer adds count as well."""

    def count(new: list[str]) -> list[list[int]]:
        whole = tokenizer(
            new, truncation=False, add_special_tokens=special, return_token_type_ids=False, verbose=False
        )  # fmt: skip
        return [[len(ids)] for ids in whole["input_ids"]]

    return [length for (length,) in (tokens or Tokens()).of(("count", special), texts, count)]
