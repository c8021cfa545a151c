"""How a verb ends: its exit code, and the line that bad input and an interruption are told."""

from collections.abc import Callable

from bench.errors import INTERRUPTED, UserError
from bench.escape.terminal import say


def exit_code(work: Callable[[], int], *, interrupted: str = "") -> int:
    """The exit code that `work` gives; that of the error where it refuses what it was asked, in one line.

    After Ctrl-C it is `INTERRUPTED`, and the line says what is left then: what the interruption says itself, or else
    `interrupted`.
    """
    try:
        return work()
    except UserError as error:
        say(f"error: {error}", error=True)
        return error.exit_code
    except KeyboardInterrupt as interrupt:
        left = str(interrupt) or interrupted
        say(f"interrupted: {left}" if left else "interrupted", error=True)
        return INTERRUPTED
