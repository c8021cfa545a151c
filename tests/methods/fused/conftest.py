"""What tests of stacks share."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from bench.data.pool import Pool
from bench.methods import finetune
from bench.methods.fused import blocks
from tests.support import texts

LABELS = ("sport", "business", "other, things", "more")


@pytest.fixture(scope="session")
def pool() -> Pool:
    """Sixty texts of each of four topics."""
    frame = texts.topics(60, labels=LABELS)
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is compiled yet, nor afterwards; and torch does not write down for pytest's log what it makes."""
    monkeypatch.setattr(logging.getLogger("torch.__trace"), "propagate", False)
    blocks.start(object())
    yield
    blocks.start(None)


@pytest.fixture
def programs(fresh: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many programs blocks have been made into; they run as they were traced, forward and back, and need no
    compiler."""
    monkeypatch.setattr(blocks, "BACKEND", "aot_eager")
    counted = torch._dynamo.utils.counters["stats"]
    counted.clear()
    return lambda: counted["unique_graphs"]


@pytest.fixture
def no_dropout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the dropout of the frozen models themselves."""
    original = finetune._load_base

    def load(*arguments: Any) -> Any:
        base = original(*arguments)
        finetune.set_dropout(base.model, 0.0)
        for module in base.model.modules():
            for name in ("dropout_p", "attention_dropout"):
                if isinstance(getattr(module, name, None), float):
                    setattr(module, name, 0.0)
        return base

    monkeypatch.setattr(finetune, "_load_base", load)
