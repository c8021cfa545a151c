"""What tests of stacks share."""

from typing import Any

import pytest

from bench.data.pool import Pool
from bench.methods import finetune
from tests.support import texts

LABELS = ("sport", "business", "other, things", "more")


@pytest.fixture(scope="session")
def pool() -> Pool:
    """Sixty texts of each of four topics."""
    frame = texts.topics(60, labels=LABELS)
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


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
