"""Texts in windows: consecutive parts that each fit the model, with probabilities that are the mean of theirs.

Long texts are cut into segments for BERT by Pappagari et al. 2019 (Hierarchical Transformers for Long Document
Classification), who learn a second model on what it gives for them; here the mean stands in its place, and learns
nothing. The loss is that of the mean, so that a text counts once in training, whatever its length.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from transformers import DataCollatorWithPadding, PreTrainedTokenizerBase

from bench.errors import UserError

WINDOWS, ROWS_OF, ARE_ROWS = "windows", "rows_of", "are_rows"
"""The entry of an example with the tokens of each of its windows, and those of a batch with each text's rows."""
Forward = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From input ids and attention mask, shape (rows, tokens), to logits, shape (rows, labels)."""


def in_windows(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], rows: Sequence[list[int]], max_length: int
) -> list[list[list[int]]]:
    """The windows of each text, of at most `max_length` tokens with those that the tokenizer adds to each.

    `rows` are the ids of the texts, with added ones at both ends. Raises UserError where a window has no room.
    """
    if (added := tokenizer.num_special_tokens_to_add()) >= max_length:
        raise UserError(f"max_length={max_length}: {added} tokens of a window are the tokenizer's own; give more")
    too_long = [text for text, ids in zip(texts, rows, strict=True) if len(ids) > max_length]
    before, after = _added_ends(tokenizer, too_long[0]) if too_long else (0, 0)
    return [[ids] if len(ids) <= max_length else _split(ids, max_length, before, after) for ids in rows]


def _added_ends(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, int]:
    """How many tokens the tokenizer adds before and after a text; `text` has tokens of its own."""
    added = tokenizer([text], return_special_tokens_mask=True, verbose=False)["special_tokens_mask"][0]
    return added.index(0), added[::-1].index(0)


def _split(ids: list[int], max_length: int, before: int, after: int) -> list[list[int]]:
    end = len(ids) - after
    room = max_length - before - after
    return [
        ids[:before] + ids[start : min(start + room, end)] + ids[end:] for start in range(before, end, room)
    ]  # fmt: skip


def windows_of(example: dict[str, Any]) -> list[list[int]]:
    """The token ids of each window of an example; one that is read whole is one window."""
    ids: list[int] = example["input_ids"]
    parts, start = [], 0
    for length in example.get(WINDOWS, (len(ids),)):
        parts.append(ids[start : start + length])
        start += length
    return parts


@dataclass(frozen=True, slots=True)
class WindowCollator:
    """Makes a batch of examples: a row a window, and which rows are each text's.

    That is laid out here, where the counts are known: on a GPU a step would wait for them.
    """

    collate: DataCollatorWithPadding

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """`labels` of the texts, shape (texts,); ids and mask, shape (windows, tokens); `rows_of` and `are_rows`.

        The last two have the shape (texts, most windows of one): rows of each text, and false where it has no more.
        """
        windows = [windows_of(example) for example in examples]
        rows = self.collate([{"input_ids": ids, "attention_mask": [1] * len(ids)} for of in windows for ids in of])
        rows_of, are_rows = layout([len(of) for of in windows])
        return {
            "labels": torch.tensor([example["labels"] for example in examples]),
            "input_ids": rows["input_ids"],
            "attention_mask": rows["attention_mask"],
            ROWS_OF: rows_of,
            ARE_ROWS: are_rows,
        }


def layout(counts: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows of each text, one after the other, of texts that have `counts` windows; and whether they are its own."""
    position, of_text = torch.arange(max(counts)), torch.tensor(counts)[:, None]
    are_rows = position < of_text
    return (of_text.cumsum(0) - of_text + position).where(are_rows, 0), are_rows


def scores_of_texts(forward: Forward, batch: dict[str, Any], max_rows: int | None) -> torch.Tensor:
    """The logarithms of the mean probabilities of a `WindowCollator`'s batch, shape (texts, labels); log-odds of them
    where a text may have several labels.

    At most `max_rows` windows go through the model at once; None for all of them.
    """
    ids, mask = batch["input_ids"], batch["attention_mask"]
    size = max_rows or len(ids)
    logits = [forward(ids[start : start + size], mask[start : start + size]) for start in range(0, len(ids), size)]
    mean = mean_over_windows_of_sets if batch["labels"].is_floating_point() else mean_over_windows
    return mean(torch.cat(logits), batch[ROWS_OF], batch[ARE_ROWS])


def mean_over_windows(logits: torch.Tensor, rows_of: torch.Tensor, are_rows: torch.Tensor) -> torch.Tensor:
    """The logarithms of the mean probabilities over each text's windows, shape (texts, labels).

    `logits` has shape (windows, labels), the others are of `layout`; each text has one window at least.
    """
    of_windows = logits.float().log_softmax(dim=-1)
    spread = of_windows[rows_of].where(are_rows[:, :, None], -torch.inf)
    return spread.logsumexp(dim=1) - are_rows.sum(dim=1, keepdim=True).log()


def mean_over_windows_of_sets(logits: torch.Tensor, rows_of: torch.Tensor, are_rows: torch.Tensor) -> torch.Tensor:
    """The log-odds of the mean probabilities over each text's windows, label by label; otherwise as the other."""

    def logsum(of_windows: torch.Tensor) -> torch.Tensor:
        return of_windows[rows_of].where(are_rows[:, :, None], -torch.inf).logsumexp(dim=1)

    return logsum(F.logsigmoid(logits.float())) - logsum(F.logsigmoid(-logits.float()))
