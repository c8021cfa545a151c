"""Parts of a stack that are quicker than the originals, and the same."""

import pytest
import torch
from bitsandbytes.nn import Linear4bit
from torch import nn

from bench.methods.fused.dense import Dense, unpack


def packed(dtype: torch.dtype) -> nn.Module:
    torch.manual_seed(0)
    layer = Linear4bit(64, 96, bias=True, compute_dtype=dtype, compress_statistics=True, quant_type="nf4")
    return nn.Sequential(layer).to(dtype).to("cpu").requires_grad_(False)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_unpacked_layer_computes_the_same(dtype: torch.dtype) -> None:
    model = packed(dtype)
    given, expected = (torch.randn(5, 64, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    given.requires_grad_()
    expected.requires_grad_()
    before = model(expected)
    assert isinstance(model[0], Linear4bit)
    unpack(model, most=1e9)
    assert isinstance(model[0], Dense)
    after = model(given)
    assert before.dtype == after.dtype
    torch.testing.assert_close(after, before, atol=0, rtol=0)
    for output in (before, after):
        output.float().square().sum().backward()
    torch.testing.assert_close(given.grad, expected.grad, atol=1e-5, rtol=1e-5)


def test_what_takes_too_much_stays_packed() -> None:
    model = packed(torch.float32)
    unpack(model, most=64 * 96 * 4 - 1)
    assert isinstance(model[0], Linear4bit)
    unpack(model, most=64 * 96 * 4)
    assert isinstance(model[0], Dense)
