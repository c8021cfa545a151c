"""Running one of the commands in a process of its own, its output shown as it comes."""

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from bench.errors import INTERRUPTED, UserError

REFUSED = 2
GRACE = 20.0
"""Seconds that a command has to end by itself after an interruption."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended that was not refused."""

    code: int
    """0, or 1 where a cell failed."""
    last: str
    """The last line of its standard error; "" for none."""


def run(words: Sequence[str], *, show: bool, module: str = "bench") -> Ended:
    """Run `python -m MODULE WORDS` to its end. With `show` its lines go to the caller's output.

    Raises UserError with what it said where it refuses, KeyboardInterrupt where it was interrupted, and RuntimeError
    where it ended in another way, with the last that it said.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    follow = threading.Thread(target=_follow, args=(process.stderr, said, sys.stderr if show else None), daemon=True)
    follow.start()
    try:
        _follow(process.stdout, [], sys.stdout if show else None)
        code = process.wait()
    except BaseException:
        _end(process)
        raise
    follow.join()
    if code == REFUSED:
        raise UserError(_refusal(said) or f"python -m {module} could not start")
    if code in (INTERRUPTED, -signal.SIGINT):
        raise KeyboardInterrupt
    if code not in (0, 1):
        raise RuntimeError(f"python -m {module} ended with exit code {code}: {' '.join(said[-3:])}")
    return Ended(code, next((line.strip() for line in reversed(said) if line.strip()), ""))


def _refusal(said: Sequence[str]) -> str:
    """What stands behind `error: `, to the end; what it names may have such words in it, too."""
    first = next((number for number, line in enumerate(said) if line.startswith("error: ")), 0)
    return "\n".join(said[first:]).removeprefix("error: ").strip()


def _follow(lines: IO[str], kept: list[str], to: IO[str] | None) -> None:
    for line in lines:
        kept.append(line.rstrip("\n"))
        if to is not None:
            print(line, end="", file=to, flush=True)


def _end(process: "subprocess.Popen[str]") -> None:
    """A terminal interrupts the command too; a notebook's kernel does not. It ends its running cell first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
