"""What tests of stacks share."""

from typing import Any

import pytest

from bench.methods import finetune


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
