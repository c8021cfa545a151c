"""Standard output and error of a process, which are kept in files, and shown around."""

import os
import sys
from collections.abc import Iterable
from typing import Any, TextIO, cast

from bench.escape.secrets import masked


class Masking:
    """A text stream that masks secrets in what is written to it; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write it; the number of characters is that of `text`."""
        self.stream.write(masked(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def discard_output() -> None:
    """What this process prints from now on goes nowhere: whoever read it (`| head`) has seen enough."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def print_help(text: str) -> None:
    """Print now; a reader who has seen enough (`| head`) gets no more, and no traceback."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        discard_output()


def mask_output() -> None:
    """From now on, what this process prints has its secrets masked; what native libraries print has not."""
    sys.stdout, sys.stderr = (cast(TextIO, Masking(stream)) for stream in (sys.stdout, sys.stderr))
