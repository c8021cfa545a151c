"""How a verb ends: its exit code, and the line that bad input and an interruption are told."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


@contextmanager
def ended_as_interrupted() -> Iterator[None]:
    """Within it, a signal to end or to hang up is what Ctrl-C is: what is half made is taken away, and that is said.

    For the main thread.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}  # nohup
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def forget_interruption() -> None:
    """Let `python -m` end by its exit code after Ctrl-C.

    Where that came while code in a string ran (dataclasses make some), Python notes it, caught or not, and ends by the
    signal in place of the code; more such code makes it forget.
    """
    exec("")
