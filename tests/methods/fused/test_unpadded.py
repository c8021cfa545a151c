"""Feed-forward parts of a stack see the tokens alone."""

import pytest
import torch
from torch import nn

from bench.methods.fused.layers import FusedLinear, Plan
from bench.methods.fused.unpadded import Tokens, Unpadded, skip_padding_in_mlp


class Recorded(nn.Sequential):
    """Two layers, which note how many tokens they were given."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__(nn.Linear(6, 9), nn.Linear(9, 6))
        self.given: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.given.append(x.shape[0] * x.shape[1])
        return super().forward(x)


@pytest.mark.parametrize(("lengths", "given"), [([5, 2, 3], 10), ([5, 5, 5], 15)])
def test_tokens_have_what_they_had_and_padding_is_left_out(lengths: list[int], given: int) -> None:
    mask = torch.tensor([[1] * length + [0] * (5 - length) for length in lengths])
    part, tokens = Recorded(), Tokens()
    tokens.set(mask)
    texts = torch.randn(3, 5, 6)
    ours, theirs = texts.clone().requires_grad_(), texts.clone().requires_grad_()
    found, expected = Unpadded(part, tokens)(ours), part(theirs)
    assert part.given == [given, 15]
    real = mask.bool()
    torch.testing.assert_close(found[real], expected[real], atol=1e-6, rtol=1e-6)
    assert found.shape == expected.shape
    if given < 15:
        assert not found[~real].any()
    weights = torch.randn(3, 5, 6) * real.unsqueeze(-1)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-6, rtol=1e-6)


def test_parts_with_adapters_stay_as_they_are() -> None:
    adapted = nn.Sequential(FusedLinear(nn.Linear(6, 6), Plan(), 1.0, 0.0))
    model = nn.ModuleDict({"0": nn.ModuleDict({"mlp": nn.Linear(6, 6)}), "1": nn.ModuleDict({"mlp": adapted})})
    skip_padding_in_mlp(model, Tokens())
    assert isinstance(model.get_submodule("0.mlp"), Unpadded)
    assert model.get_submodule("1.mlp") is adapted
