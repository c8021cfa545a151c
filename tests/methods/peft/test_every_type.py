"""Every type of peft that classifies texts: it learns, it leaves a shared base alone, and it is kept as it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.config.method.peft_checks import fitting_types
from bench.running.warm import Warm, base_of
from tests.methods.peft.runs import make_cell, run

FAMILIES = ("bert", "llama")
LORA = {
    "dora": {"use_dora": True},
    "rslora": {"use_rslora": True},
    "pissa": {"init_lora_weights": "pissa"},
    "olora": {"init_lora_weights": "olora"},
    "gaussian": {"init_lora_weights": "gaussian"},
    "orthogonal": {"init_lora_weights": "orthogonal"},
    "bias": {"bias": "all"},
}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in fitting_types()}
KINDS |= {name: ("LORA", options) for name, options in LORA.items()}
SLOW = ("CARTRIDGE", "FROD", "LN_TUNING", "LOKR", "P_TUNING", "PREFIX_TUNING", "PROMPT_TUNING", "PSOFT", "ROAD")
RATES = {**dict.fromkeys((*SLOW, "SUPERTUNING"), 5e-2), "FOURIERFT": 2e-2}
"""Learning rates of types that learn slowly at 1e-2."""


@pytest.fixture(scope="module")
def warm() -> dict[str, Warm]:
    """One store a family, as in a worker: all types that may share a base share this one."""
    return {family: Warm() for family in FAMILIES}


@pytest.fixture(scope="module")
def warm_in_4_bits() -> dict[str, Warm]:
    """Likewise."""
    return {family: Warm() for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_and_is_kept(
    kind: str, family: str, tiny_models: dict[str, Path], warm: dict[str, Warm], tmp_path: Path
) -> None:
    peft_type, options = KINDS[kind]
    rate = RATES.get(kind, 1e-2)
    cell = make_cell(family, tiny_models[family], peft_type, options, training={"learning_rate": rate})
    shared = base_of(cell, "cpu") is not None
    done = run(cell, warm[family] if shared else None)
    assert done.losses[-1] < 0.95 * done.losses[0]
    assert done.fitted.summary.parameters.trainable < done.fitted.summary.parameters.total
    if shared:
        assert done.base_after is not None
        assert done.base_before in (None, done.base_after)
    again = done.reloaded(tmp_path / "model", tiny_models[family])
    assert np.abs(again - done.probabilities).max() < 1e-5
    assert np.ptp(done.probabilities) > 0.05  # a model that says the same of everything would show nothing


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("peft_type", fitting_types(in_4bit=True))
def test_in_4_bits(
    peft_type: str, family: str, tiny_models: dict[str, Path], warm_in_4_bits: dict[str, Warm], tmp_path: Path
) -> None:
    rate = RATES.get(peft_type, 1e-2)
    cell = make_cell(family, tiny_models[family], peft_type, load_in_4bit=True, training={"learning_rate": rate})
    done = run(cell, warm_in_4_bits[family])
    assert done.fitted.summary.parameters.quantized > 10_000
    assert done.losses[-1] < 0.95 * done.losses[0]
    assert done.base_before in (None, done.base_after)
    again = done.reloaded(tmp_path / "model", tiny_models[family])
    assert np.abs(again - done.probabilities).max() < 1e-5
