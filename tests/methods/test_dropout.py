"""Dropout of our own: as torch's, and in every layer that has one."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from bench.methods.dropout import Dropout, dropout, replace_dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("probability", [0.05, 0.5])
def test_dropout_is_torchs(probability: float, dtype: torch.dtype) -> None:
    """As many zeros, and the rest as much greater, forward and back; other ones each time."""
    torch.manual_seed(0)
    x = torch.ones(999, 301, dtype=dtype, requires_grad=True)
    dropped = dropout(x, probability)
    zeros = (dropped == 0).double()
    assert zeros.mean().item() == pytest.approx(probability, abs=0.003), "0.003 is six standard errors at 0.5"
    assert zeros.mean(dim=0).std().item() == pytest.approx((probability * (1 - probability) / 999) ** 0.5, rel=0.2)
    scale = F.dropout(x, probability).max()
    assert dropped.max().item() == pytest.approx(scale.item(), rel=1e-2)
    dropped.float().sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad == 0, dropped == 0)
    assert not torch.equal(dropout(x, probability) == 0, dropped == 0)


def test_it_takes_the_place_of_torchs_layers() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.ModuleDict({"default": nn.Dropout(0.25)}), nn.Dropout(0.5)).eval()
    replace_dropout(model)
    inner, outer = model.get_submodule("1.default"), model[2]
    assert isinstance(inner, Dropout)
    assert isinstance(outer, Dropout)
    assert (inner.p, outer.p, outer.training) == (0.25, 0.5, False)


@pytest.mark.parametrize(("probability", "training"), [(0.5, False), (0.0, True)])
def test_nothing_is_dropped_or_drawn_where_nothing_is_to_be(probability: float, training: bool) -> None:
    x, state = torch.ones(50), torch.get_rng_state()
    assert torch.equal(Dropout(probability).train(training)(x), x)
    assert torch.equal(torch.get_rng_state(), state)


def test_all_may_be_dropped() -> None:
    assert not Dropout(1.0)(torch.ones(50)).any()
