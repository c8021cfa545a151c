"""`training.compile`: the same results, and a clear word where it can't be had."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.data.pool import Pool
from bench.data.split import draw
from bench.errors import UserError
from bench.methods import compiled, finetune
from bench.methods.fitted import Context
from bench.methods.fused.groups import can_fuse
from bench.running.warm import Warm
from tests.methods.fused.test_equality import largest_difference
from tests.methods.test_families import make_cell
from tests.methods.test_families import pool as pool  # noqa: PLC0414 - the fixture
from tests.support.scratch import CACHE

BACKEND = "eager"
"""It captures graphs, as all do, and needs no C++ compiler, and no minutes."""


def context() -> Context:
    return Context(cache=CACHE, mirror_dir=None, device="cpu", warm=Warm())


@pytest.mark.parametrize("method", ["lora", "last_block"])
def test_results_agree(method: str, tiny_models: dict[str, Path], pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "BACKEND", BACKEND)
    monkeypatch.setattr(compiled, "check_compiler", lambda device: None)
    # compiled models keep torch's dropout: so both draw the same
    monkeypatch.setattr(finetune.dropout, "replace_dropout", lambda model: None)
    graphs = torch._dynamo.utils.counters["stats"]
    plain, quick = (
        make_cell("bert", method, tiny_models["bert"], compile=on, precision="fp32", num_train_epochs=1)
        for on in (False, True)
    )
    splits = draw(plain.task, pool)
    expected = finetune.fit(plain, splits, context())
    graphs.clear()
    found = finetune.fit(quick, splits, context())
    assert graphs["calls_captured"] > 50, "it was compiled"
    assert expected.summary.training is not None
    assert found.summary.training is not None
    assert largest_difference(expected.summary.training.model_dump(), found.summary.training.model_dump()) < 1e-4
    np.testing.assert_allclose(found.predict(splits.test), expected.predict(splits.test), atol=1e-4)


def test_it_is_part_of_a_key_only_if_set_and_stays_single(tiny_models: dict[str, Path]) -> None:
    plain, off, on = (
        make_cell("bert", "lora", tiny_models["bert"], **options)
        for options in ({}, {"compile": False}, {"compile": True})
    )
    assert plain.key == off.key != on.key
    assert can_fuse(plain) is not None
    assert can_fuse(on) is None


def test_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(UserError, match=r"training\.compile=true on a CPU needs a C\+\+ compiler"):
        compiled.compile_model(torch.nn.Linear(1, 1), "cpu")
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(UserError, match=r"training\.compile=true on a GPU needs a C compiler \(gcc or clang, or CC\)"):
        compiled.compile_model(torch.nn.Linear(1, 1), "cuda")


def test_a_compiler_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", sys.executable)
    compiled.check_compiler("cuda")
