"""Cutting texts that are too long: their head, their tail, or both are kept (`bench.models.truncation`)."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from bench.models.truncation import SIDES, TRUNCATIONS, Truncation, head_and_tail


def truncation_of(tokenizer: PreTrainedTokenizerBase) -> Truncation:
    """How `tokenizer` cuts by itself."""
    side = tokenizer.truncation_side
    assert side in ("right", "left")
    return TRUNCATIONS[side]


def cut_ids(
    tokenizer: PreTrainedTokenizerBase, texts: list[str], max_length: int, truncation: Truncation
) -> list[list[int]]:
    """The token ids of `texts`, at most `max_length` each with those that the tokenizer adds."""
    if truncation == "head_tail":
        whole = tokenizer(
            texts, truncation=False, return_token_type_ids=False, return_special_tokens_mask=True, verbose=False
        )
        marked = zip(whole["input_ids"], whole["special_tokens_mask"], strict=True)
        return [_without_middle(ids, added, max_length) for ids, added in marked]
    tokenizer.truncation_side = SIDES[truncation]
    return list(tokenizer(texts, truncation=True, max_length=max_length, return_token_type_ids=False)["input_ids"])


def _without_middle(ids: list[int], added: list[int], max_length: int) -> list[int]:
    """The ids without the middle of a text; `added` is 1 where the tokenizer added one, at both ends."""
    if len(ids) <= max_length:
        return ids
    before, after = added.index(0), added[::-1].index(0)
    head, tail = head_and_tail(max_length - before - after)
    return ids[: before + head] + ids[len(ids) - after - tail :]


def cut_texts(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], limit: int, truncation: Truncation
) -> list[str]:
    """`texts` as such that have at most `limit` tokens of their own; a blank stands for a middle that is left out.

    `tokenizer` has to know where tokens stand in a text.
    """
    whole = tokenizer(
        list(texts), add_special_tokens=False, truncation=False, return_offsets_mapping=True, verbose=False
    )  # fmt: skip
    return [
        text if len(spans) <= limit else _shorter(tokenizer, text, spans, limit, truncation)
        for text, spans in zip(texts, whole["offset_mapping"], strict=True)
    ]


def _shorter(
    tokenizer: PreTrainedTokenizerBase, text: str, spans: Sequence[tuple[int, int]], limit: int, truncation: Truncation
) -> str:
    """What is kept of one text, whose tokens stand at `spans`."""
    kept = limit
    while True:
        head, tail = {"head": (kept, 0), "tail": (0, kept), "head_tail": head_and_tail(kept)}[truncation]
        parts = [text[: spans[head - 1][1]] if head else "", text[spans[-tail][0] :] if tail else ""]
        shorter = " ".join(part for part in parts if part)
        # a word that is cut within may give more tokens than the part of it had
        over = len(tokenizer(shorter, add_special_tokens=False, verbose=False)["input_ids"]) - limit
        if over <= 0 or kept <= 1 or truncation == "head":  # a head has always been what its tokens cover
            return shorter
        kept = max(1, kept - over)
