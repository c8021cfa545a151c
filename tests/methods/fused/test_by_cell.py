"""Products by cell: every way to compute them gives what one product for each cell gives."""

from collections.abc import Callable

import pytest
import torch

from bench.methods.fused import by_cell
from bench.methods.fused.by_cell import ByCell, affine, grouped_low_rank, low_rank, pad, padded_to_largest, unpad
from bench.methods.fused.gather import PaddedIndex

CELLS, WIDTH, OUT, RANK = 4, 24, 16, 4


def divided(cells: tuple[int, ...], counts: tuple[int, ...]) -> ByCell:
    row_of, padded_of = map(torch.tensor, padded_to_largest(counts))
    ends = torch.tensor(counts).cumsum(0).int()
    return ByCell(cells, counts, torch.tensor(cells), ends, PaddedIndex(row_of, padded_of))


def by_padding(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, scaling: float, by: ByCell) -> torch.Tensor:
    """As on a GPU without grouped products."""
    down, up = by.of(down), by.of(up) * scaling
    return unpad(pad(x, by) @ down.transpose(1, 2) @ up.transpose(1, 2), by)


def by_groups(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, scaling: float, by: ByCell) -> torch.Tensor:
    """As on a GPU with them."""
    return grouped_low_rank(x, by.of(down), by.of(up) * scaling, by)


@pytest.mark.parametrize(
    ("cells", "counts"), [((0, 1, 2, 3), (8, 24, 8, 16)), ((0, 1, 2, 3), (8, 8, 8, 8)), ((1, 3), (16, 8)), ((2,), (8,))]
)
@pytest.mark.parametrize(("way", "tolerance"), [(low_rank, 1e-5), (by_padding, 1e-5), (by_groups, 0.1)])
def test_low_rank(
    way: Callable[..., torch.Tensor], tolerance: float, cells: tuple[int, ...], counts: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    by = divided(cells, counts)
    given = [torch.randn(sum(counts), WIDTH), torch.randn(CELLS, RANK, WIDTH), torch.randn(CELLS, OUT, RANK)]
    ours, theirs = ([part.clone().requires_grad_() for part in given] for _ in range(2))
    weights = torch.randn(sum(counts), OUT)
    found = way(*ours, 0.5, by)
    x, down, up = theirs
    expected = torch.cat([x[a:b] @ down[cell].T @ up[cell].T * 0.5 for cell, a, b in by.bounds()])
    scale = expected.abs().max()
    torch.testing.assert_close(found.float() / scale, expected / scale, atol=tolerance, rtol=0)
    (found.float() * weights).sum().backward()
    (expected * weights).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        scale = other.grad.abs().max()
        torch.testing.assert_close(one.grad / scale, other.grad / scale, atol=tolerance, rtol=0)


@pytest.mark.parametrize("counts", [(3, 1, 4), (2, 2, 2)])
def test_affine(counts: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    by, x = divided((0, 1, 3), counts), torch.randn(sum(counts), WIDTH)
    weight, bias = torch.randn(CELLS, 5, WIDTH), torch.randn(CELLS, 5)
    expected = torch.cat([x[a:b] @ weight[cell].T + bias[cell] for cell, a, b in by.bounds()])
    torch.testing.assert_close(affine(x, weight, bias, by), expected)
    torch.testing.assert_close(
        affine(x, weight, None, by) + expected - affine(x, weight, bias, by), affine(x, weight, None, by)
    )


def test_only_new_gpus_group_and_only_in_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    class OnGpu:
        device = torch.device("cuda", 0)

        def __init__(self, dtype: torch.dtype) -> None:
            self.dtype = dtype

    monkeypatch.setattr(torch, "is_autocast_enabled", lambda _: False)
    tokens, texts = divided((0, 1), (16, 8)), divided((0, 1), (16, 7))
    for capability, expected in (((9, 0), True), ((8, 0), False), ((10, 0), True), ((12, 0), False)):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _, found=capability: found)
        assert by_cell.can_group(OnGpu(torch.bfloat16), tokens) is expected
        assert not by_cell.can_group(OnGpu(torch.bfloat16), texts), "the way back takes multiples alone"
        assert not by_cell.can_group(OnGpu(torch.float32), tokens)
        assert not by_cell.can_group(OnGpu(torch.float16), tokens)
    assert not by_cell.can_group(torch.zeros(1, dtype=torch.bfloat16), tokens)
