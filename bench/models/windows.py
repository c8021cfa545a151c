"""Texts that are too long for a model, read in several windows. Imports nothing heavy."""

from typing import Literal

Windows = Literal["none", "mean"]
"""`none`: a text that is too long is cut. `mean`: it is read in consecutive windows, and its probabilities are the mean
of theirs (of a linear probe, its features are)."""

WHOLE: Windows = "none"
MAX_WINDOWS = 8
"""Windows of a text where `max_windows` says nothing."""


def windows_at_most(windows: Windows, max_windows: int | None) -> int | None:
    """The windows that a text has at most; None where texts are not read in windows."""
    return None if windows == WHOLE else max_windows or MAX_WINDOWS


def tokens_held(max_length: int, max_windows: int | None, added: int) -> int:
    """The tokens that are read of a text at most, `added` ones of the tokenizer counted once.

    Each window has `max_length` tokens, with the added ones; None for texts that are not read in windows.
    """
    return max_length if max_windows is None else added + max_windows * max(max_length - added, 0)
