"""Options that hold names of a library's or of other options: they are given without a `+`, whether or not a preset
has them."""

import re

_OPEN = re.compile(r"(method\.options|tune\.search)(\.\w+)*")


def is_open(option: str) -> bool:
    """Whether `option` (`method.options.r`) is one of them."""
    return _OPEN.fullmatch(option) is not None


def with_plus(word: str) -> str:
    """A word of the command line, as Hydra is to be told of it: an option that there is not yet is added."""
    return f"++{word}" if is_open(word.partition("=")[0]) else word
