"""The best weights are put back bit for bit, wherever their copy is: on a GPU, in pinned memory, on a CPU."""

from typing import Any

import pytest
import torch
from torch import nn

from bench.methods import snapshot
from bench.methods.snapshot import Snapshot

GPU = torch.device("cuda", 0)


class Model(nn.Module):
    """Weights of several types and shapes, one of them not contiguous, one empty, one that is not trained."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Parameter(torch.randn(7, 5))
        self.turned = nn.Parameter(torch.randn(9, 4).t())
        self.rounded = nn.Parameter(torch.randn(13).bfloat16())
        self.scalar = nn.Parameter(torch.randn(()))
        self.empty = nn.Parameter(torch.randn(0, 3))
        self.last = nn.Parameter(torch.randn(3, 3, dtype=torch.float64))
        self.frozen = nn.Parameter(torch.randn(4), requires_grad=False)


def values(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def train(model: nn.Module) -> None:
    for weight in model.parameters():
        weight.data.add_(1)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """Copies go to the host, into pieces of 40 bytes: a weight has several, and pieces several weights."""
    made: list[torch.Tensor] = []

    def piece(nbytes: int) -> torch.Tensor:
        made.append(torch.empty(nbytes, dtype=torch.uint8))
        return made[-1]

    monkeypatch.setattr(snapshot, "pinned", piece)
    monkeypatch.setattr(snapshot, "PIECE_BYTES", 40)
    monkeypatch.setattr(snapshot, "_is_on_host", lambda device: False)
    monkeypatch.setattr(snapshot, "fits_beside", lambda nbytes, device: False)
    return made


def check(model: Model) -> Snapshot:
    taken = Snapshot()
    before = values(model)
    taken.restore(model)  # nothing yet
    for _ in range(2):
        train(model)
        best = values(model)
        taken.take(model)
        train(model)
        taken.restore(model)
        for name, value in values(model).items():
            wanted = best[name] + (1 if name == "frozen" else 0)
            assert torch.equal(value, wanted), name
        assert not torch.equal(best["first"], before["first"])
    assert not model.turned.is_contiguous()
    return taken


def test_on_a_cpu() -> None:
    check(Model())


def test_in_pieces_of_pinned_memory(pieces: list[torch.Tensor]) -> None:
    model = Model()
    check(model)
    trained = sum(weight.nbytes for weight in model.parameters() if weight.requires_grad)
    assert trained <= sum(piece.nbytes for piece in pieces) < 1.5 * trained, "and not anew for each copy"


def test_on_the_gpu_itself_if_they_fit_beside(pieces: list[torch.Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(snapshot, "fits_beside", lambda nbytes, device: asked.append(nbytes) or True)
    model = Model()
    check(model)
    assert asked == [sum(weight.nbytes for weight in model.parameters() if weight.requires_grad)]
    assert not pieces


@pytest.mark.parametrize(
    ("nbytes", "free", "fits"),
    [(10**9, 60 * 10**9, True), (2 * 10**9, 60 * 10**9, False), (10**9, 3 * 10**9, False), (10**6, 10**7, True)],
)
def test_what_is_copied_on_the_gpu(nbytes: int, free: int, fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 80 * 10**9))
    assert snapshot.fits_beside(nbytes, GPU) is fits


def test_copies_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[Any] = []
    copy = torch.Tensor.copy_

    def watched(self: torch.Tensor, source: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
        waited.append(not non_blocking)
        return copy(self, source, non_blocking)

    monkeypatch.setattr(torch.Tensor, "copy_", watched)
    model = nn.Linear(3, 3)
    taken = Snapshot()
    taken.take(model)
    taken.restore(model)
    assert waited == [False] * 4


def test_pieces_of_the_host_are_memory_that_is_not_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that is filled while the host goes on; without CUDA torch has none, so the request is looked at."""
    asked: list[dict[str, object]] = []
    empty = torch.empty

    def fake(*size: int, pin_memory: bool = False, **options: object) -> torch.Tensor:
        asked.append({"pin_memory": pin_memory, **options})
        return empty(*size, **options)

    monkeypatch.setattr(torch, "empty", fake)
    assert len(snapshot.pinned(100)) == 100
    assert asked == [{"pin_memory": True, "dtype": torch.uint8}]
