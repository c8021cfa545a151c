"""Which part of a text that is too long for a model it reads. Imports nothing heavy."""

from typing import Literal

Truncation = Literal["head", "tail", "head_tail"]
"""The first tokens, the last ones, or the first and the last ones."""
Side = Literal["right", "left", "both"]
"""The side of a text that is cut off; `both` keeps both ends and leaves out the middle."""

SIDES: dict[Truncation, Side] = {"head": "right", "tail": "left", "head_tail": "both"}
TRUNCATIONS: dict[Side, Truncation] = {side: truncation for truncation, side in SIDES.items()}


def tokenizer_side(side: Side) -> Literal["right", "left"]:
    """What a tokenizer is told, which knows no third."""
    return "left" if side == "left" else "right"


def head_and_tail(room: int) -> tuple[int, int]:
    """How many tokens of the head and of the tail go into `room` tokens: a quarter of it, and the rest.

    Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?", section 5.3.1: 128 and 382 of 510.
    """
    head = -(-max(room, 0) // 4)
    return head, max(room, 0) - head
