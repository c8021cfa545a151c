"""Command lines that are not Hydra's: what is wrong with one is said in one line."""

import argparse
from typing import NoReturn

from bench.escape.characters import shortened
from bench.escape.terminal import say

MOST = 1_000_000
"""As `bench.config.numbers.Width`."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print it and leave with exit code 2."""
        say(f"error: {shortened(message, 500)} (--help lists the options)", error=True)
        self.exit(2)


def width(text: str) -> int:
    """Texts in a batch, tokens of a text: a type for argparse."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= MOST:
        raise argparse.ArgumentTypeError(f"{shortened(text, 60)} must be a whole number, at least 1 and at most {MOST}")
    return value
