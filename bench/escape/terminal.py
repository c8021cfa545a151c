"""What is printed on a terminal: no text from data commands it, and no secret stands on it."""

import sys
import traceback
from types import TracebackType
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from bench.escape.characters import visible, visible_line
from bench.escape.secrets import masked
from bench.escape.streams import discard_output

WIDTH = 120
"""Of tables that go into a file or a pipe."""


def said(text: object) -> str:
    """`text` as it may be printed: control characters as escapes, secrets masked."""
    return masked(visible(str(text)))


def say(text: object, *, error: bool = False) -> None:
    """Print a line to standard output, or to standard error.

    Where nobody reads standard output any more, the program goes on without it: what it writes is wanted all the same.
    """
    stream: TextIO = sys.stderr if error else sys.stdout
    try:
        print(said(text), file=stream, flush=True)
    except UnicodeEncodeError:  # a terminal that is not UTF-8
        print(said(text).encode("ascii", "backslashreplace").decode(), file=stream, flush=True)
    except BrokenPipeError:
        if error:
            raise
        discard_output()


def say_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What `sys.excepthook` does, with secrets masked."""
    say("".join(traceback.format_exception(kind, error, trace)).rstrip(), error=True)


class Plain(Console):
    """A console that takes no text for markup, emoji codes or commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    def render_str(self, text: str, **options: Any) -> Text:
        """Every string, in tables too, comes by here."""
        return super().render_str(said(text), **options)

    def on_broken_pipe(self) -> None:
        """Write nothing from now on, as `say` does: rich would end the program."""
        self.quiet = True
        discard_output()


def line(text: object) -> Text:
    """A name or message on one line, for a table or a title."""
    return Text(masked(visible_line(str(text))))


def console(**options: Any) -> Plain:
    """For tables: as wide as the terminal, or of a fixed width elsewhere."""
    return Plain(width=None if sys.stdout.isatty() else WIDTH, **options)
