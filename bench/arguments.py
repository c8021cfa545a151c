"""Command lines that are not Hydra's: what is wrong with one is said in one line."""

import argparse
import os
import re
from pathlib import Path
from typing import NoReturn

from bench.config.names import path_text
from bench.errors import UserError
from bench.escape.characters import shortened
from bench.escape.terminal import say

MAX_WIDTH = 1_000_000
"""As `bench.bounds.Width`."""
MAX_PORT = 65_535


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Print it and leave with exit code 2."""
        say(f"error: {shortened(message, 500)} (--help lists the options)", error=True)
        self.exit(2)


def parser_of(module: str | None, prog: str, usage: str | None = None) -> Parser:
    """A parser whose help is made of the `__doc__` of a verb's module: "NAME: what it does.", its calls, more."""
    description, _, more = (module or "").partition(": ")[2].partition("\n\n")
    return Parser(
        prog=prog,
        usage=usage,
        description=description,
        epilog=more.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def option_of(name: str) -> str:
    """An option as it is given, by the name that argparse keeps it under: `--text-column` of `text_column`."""
    return f"--{name.replace('_', '-')}"


def width(text: str) -> int:
    """Texts in a batch, tokens of a text: a type for argparse."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= MAX_WIDTH:
        raise argparse.ArgumentTypeError(
            f"{shortened(text, 60)} must be a whole number, at least 1 and at most {MAX_WIDTH}"
        )
    return value


def port(text: str) -> int:
    """A port of this machine, 0 for any that is free: a type for argparse."""
    number = int(text) if re.fullmatch(r"\d{1,5}", text) else -1
    if not 0 <= number <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"{shortened(text, 60)} must be from 0 to {MAX_PORT}")
    return number


def path(text: str) -> str:
    """A file or folder that a user names, `~` resolved: a type for argparse.

    Raises ArgumentTypeError where nothing can be called so.
    """
    try:
        return os.path.expanduser(path_text(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{shortened(text, 60)}: {error}") from error


def given_path(option: str, text: str) -> Path:
    """What stands behind `option=`, as `path`. Raises UserError where nothing can be called so."""
    try:
        return Path(path(text))
    except argparse.ArgumentTypeError as error:
        raise UserError(f"{option}={error}") from error
