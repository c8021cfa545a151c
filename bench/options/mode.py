"""Whether a command runs one cell or sweeps, by `-m` alone where nothing may set `hydra.mode`.

To find that out, Hydra composes the whole configuration once more than it needs: nearly half the time of a short
command.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from hydra._internal.hydra import Hydra
from omegaconf import OmegaConf

from bench.options.refusal import COMPOSING

_SETS_MODE = re.compile(rb"\bmode\b[\"']?\s*:")
"""What a file has that sets it. One that has it otherwise costs the time, and nothing else."""


class _SetsMode(Exception):
    """A file may set `hydra.mode`."""


def start(hydra_main: Callable[[], None], words: Sequence[str]) -> None:
    """Call Hydra's main function for a command line of these `words`."""
    if not any("hydra" in word and "mode" in word for word in words):
        try:
            with _by_words():
                return hydra_main()
        except _SetsMode:
            pass  # nothing has run yet
    return hydra_main()


@contextmanager
def _by_words() -> Iterator[None]:
    """Within it Hydra goes by `-m`, and raises _SetsMode where it reads a file that may say otherwise."""
    read = OmegaConf.load

    def load(file: Any) -> Any:
        name = getattr(file, "name", None)
        if COMPOSING.now and isinstance(name, str) and _SETS_MODE.search(Path(name).read_bytes()):
            raise _SetsMode
        return read(file)

    with mock.patch.object(OmegaConf, "load", load), mock.patch.object(Hydra, "get_mode", return_value=None):
        yield
