"""Frozen layers in a CPU's own order of weights: the same products."""

import pytest
import torch
from torch import nn

from bench.methods import packed
from bench.methods.packed import Packed, pack_frozen_linears


def frozen(dtype: torch.dtype) -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(48, 80, dtype=dtype).requires_grad_(requires_grad=False)


def packs(dtype: torch.dtype) -> bool:
    """Whether this CPU multiplies packed weights of `dtype`, which torch tells by raising where it does not."""
    try:
        torch.ops.mkldnn._reorder_linear_weight(torch.ones(8, 8, dtype=dtype))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
@pytest.mark.parametrize("evaluated_before", [False, True])
def test_forward_and_back_are_the_layers(dtype: torch.dtype, tolerance: float, evaluated_before: bool) -> None:
    layer = frozen(dtype)
    model = nn.Sequential(layer)
    pack_frozen_linears(model)
    assert isinstance(model[0], Packed) is packs(dtype)
    if evaluated_before:
        with torch.inference_mode():
            model(torch.zeros(2, 48, dtype=dtype))
    texts = torch.randn(3, 7, 48, dtype=dtype).transpose(0, 1)
    given, expected = texts.clone().requires_grad_(), texts.clone().requires_grad_()
    ours, torchs = model(given), layer(expected)
    assert ours.dtype == torchs.dtype
    torch.testing.assert_close(ours, torchs, atol=tolerance, rtol=tolerance)
    weights = torch.randn(7, 3, 80).to(dtype)
    (ours * weights).sum().backward()
    (torchs * weights).sum().backward()
    torch.testing.assert_close(given.grad, expected.grad, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_autocast_decides_on_the_type_as_ever(dtype: torch.dtype) -> None:
    layer, texts = frozen(dtype), torch.randn(5, 48)
    model = nn.Sequential(layer)
    pack_frozen_linears(model)
    with torch.autocast("cpu", torch.bfloat16):
        ours, torchs = model(texts), layer(texts)
    assert ours.dtype == torchs.dtype == torch.bfloat16
    torch.testing.assert_close(ours, torchs, atol=2e-2, rtol=2e-2)


def test_no_text_is_no_problem() -> None:
    assert Packed(frozen(torch.float32))(torch.zeros(0, 48)).shape == (0, 80)


def test_what_is_trained_stays_and_parameters_are_the_same() -> None:
    model = nn.ModuleDict({"trained": nn.Linear(48, 80), "frozen": frozen(torch.float32)})
    before = dict(model.named_parameters())
    pack_frozen_linears(model)
    assert type(model["trained"]) is nn.Linear
    assert isinstance(model["frozen"], Packed)
    after = dict(model.named_parameters())
    assert before.keys() == after.keys()
    assert all(before[name] is after[name] for name in before)


def test_a_large_model_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.Sequential(frozen(torch.float32))
    monkeypatch.setattr(packed, "MAX_BYTES", 48 * 80 * 4 - 1)
    pack_frozen_linears(model)
    assert type(model[0]) is nn.Linear
    monkeypatch.setattr(packed, "MAX_BYTES", 48 * 80 * 4)
    pack_frozen_linears(model)
    assert isinstance(model[0], Packed)
