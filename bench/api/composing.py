"""Composing cells for a caller whose Hydra, environment and words stay as they are."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest import mock

from bench.options.refusal import refusals
from bench.sweep.composed import Composed, composed


@contextmanager
def own_hydra() -> Iterator[None]:
    """Within it there is no Hydra of the caller's; afterwards it is as before, and so is the environment."""
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.hydra_config import HydraConfig

    own, config = GlobalHydra.instance(), HydraConfig.instance()
    hydra, cfg = own.hydra, config.cfg
    own.clear()
    try:
        with mock.patch.dict(os.environ), mock.patch.object(sys, "argv", list(sys.argv)):
            yield
    finally:
        own.hydra, config.cfg = hydra, cfg


def compose(words: Sequence[str]) -> Composed:
    """The sweep of these words. Raises UserError."""
    with refusals(), own_hydra():
        return composed(words)
