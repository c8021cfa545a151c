"""Heads of models for texts with several labels start at how frequent each label is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from bench.data.pool import Pool
from bench.data.split import draw
from bench.methods import finetune
from bench.methods.class_weight import label_weights
from bench.methods.loading import ModelFiles
from bench.methods.losses import example_losses
from bench.methods.prior import BASE_RATES, NO_BIAS, base_rate_logits, start_at_base_rates
from bench.models.families import FAMILIES
from tests.methods.test_families import make_cell
from tests.methods.test_families import pool as one_label  # noqa: F401 - a fixture
from tests.methods.test_several_labels import CONTEXT, cell_of
from tests.support.several import pool_of


@pytest.fixture(scope="module")
def pool() -> Pool:
    return pool_of()


def labels_of(count: int = 400) -> list[tuple[int, ...]]:
    draw = np.random.default_rng(0)
    return [tuple(map(int, row)) for row in draw.random((count, 3)) < [0.02, 0.2, 0.7]]


def test_the_logits_are_those_of_the_rates() -> None:
    labels = labels_of()
    rates = np.asarray(labels).mean(axis=0)
    assert base_rate_logits(labels, "none") == pytest.approx(np.log(rates / (1 - rates)), abs=0.06)
    assert np.isfinite(base_rate_logits([(0, 1), (0, 1)], "none")).all(), "a label that no text has, and one of all"


@pytest.mark.parametrize("how", ["none", "balanced", "sqrt"])
def test_no_constant_has_a_smaller_loss(how: Any) -> None:
    """So nothing that all texts have in common is left to be learnt at the first step."""
    labels = labels_of()
    weights = label_weights(labels, 3, how)
    bias = torch.tensor(base_rate_logits(labels, how), requires_grad=True)
    given = None if weights is None else torch.tensor(weights)
    targets = torch.tensor(labels).double()
    example_losses(bias.expand(len(labels), 3), targets, given).mean().backward()
    assert bias.grad is not None
    assert bias.grad.abs().max() < 5e-3, "half a text more of each kind"
    from_half = F.binary_cross_entropy_with_logits(torch.zeros(len(labels), 3).double(), targets)
    assert how != "none" or example_losses(bias.detach().expand(len(labels), 3), targets).mean() < 0.7 * from_half


def test_nothing_is_drawn_for_it() -> None:
    head = torch.nn.Linear(4, 3)
    weight, state = head.weight.clone(), torch.random.get_rng_state()
    start_at_base_rates(head, labels_of(), "none")
    assert torch.equal(head.weight, weight)
    assert torch.equal(torch.random.get_rng_state(), state)
    start_at_base_rates(torch.nn.Linear(4, 3, bias=False), labels_of(), "none")


@pytest.mark.parametrize("method", ["lora", "qlora", "full", "last_block"])
@pytest.mark.parametrize("family", FAMILIES)
def test_cells_begin_there(family: str, method: str, tiny_models: dict[str, Path], pool: Pool, tmp_path: Path) -> None:
    """Alone and fused, which both prepare a cell so; heads of decoders have no biases, and the record says so."""
    cell = cell_of(family, method, tiny_models[family], class_weight="sqrt")
    splits = draw(cell.task, pool)
    fitted = finetune.prepare(cell, ModelFiles.find(cell.model, CONTEXT), splits, CONTEXT, str(tmp_path))  # type: ignore[arg-type]
    head = FAMILIES[family].head[-1]
    named = fitted.trained.trainer.model.named_parameters()
    found = [bias for name, bias in named if head in name.split(".") and name.endswith(".bias") and bias.requires_grad]
    assert len(found) == (0 if FAMILIES[family].causal else 1)
    assert fitted.summary.choices["head_bias"] == (BASE_RATES if found else NO_BIAS)
    expected = base_rate_logits(splits.train.labels, "sqrt").tolist()
    for bias in found:
        assert bias.tolist() == pytest.approx(expected, rel=5e-3, abs=1e-5)  # in 16 bits, some


def test_one_label_a_text_begins_as_ever(
    tiny_models: dict[str, Path],
    one_label: Pool,  # noqa: F811
) -> None:
    cell = make_cell("bert", "lora", tiny_models["bert"])
    summary = finetune.fit(cell, draw(cell.task, one_label), CONTEXT).summary
    assert "head_bias" not in summary.choices
