"""Every type of peft learns on a decoder without masks, as on a GPU, what it learns with them."""

from pathlib import Path

import numpy as np
import pytest

from bench.methods import masks
from tests.methods.peft.runs import make_cell, run
from tests.methods.peft.test_every_type import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_the_same(kind: str, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    peft_type, options = KINDS[kind]
    cell = make_cell(
        "llama", tiny_models["llama"], peft_type, options, training={"num_train_epochs": 2, "eval_steps": 1}
    )
    expected = run(cell, None)
    spare = masks.spare_masks
    monkeypatch.setattr(masks, "spare_masks", lambda model, of, device: spare(model, of, "cuda"))
    found = run(cell, None)
    assert found.losses == pytest.approx(expected.losses, abs=1e-5)
    assert np.abs(found.probabilities - expected.probabilities).max() < 1e-5
