"""A copy of what a model trains, to be put back later; on a GPU it is taken while the host goes on.

Adapters are copied on the GPU itself. What is larger, all weights of a model say, goes to the host, into memory that is
not swapped ("pinned"), which a GPU fills by itself and several times as fast as any other. torch gives such memory in
powers of two, and never back to the system, so it is taken in pieces of one size that later cells use again.
"""

from collections.abc import Iterator

import torch
from torch import nn

MAX_SHARE, MAX_OF_FREE = 0.02, 0.25
"""Of a GPU's memory, and of what is free of it, that a copy may take there. Both are choices, not measured: 2 % are
0.2 GB of the smallest cards (8 GB) and 1.6 GB of 80 GB, far above adapters with their head (a few MB for a model of a
billion parameters) and below all weights of such a model in fp32 (5 GB); with a quarter of what is free, longer texts
in later batches still find room."""
PIECE_BYTES = 1 << 26
ALIGNED_TO = 16
"""Bytes: more than a number of any type has."""


class Snapshot:
    """The trainable weights of one model; empty at first."""

    def __init__(self) -> None:
        self._copies: dict[str, list[torch.Tensor]] = {}
        """By the weight's name, the parts of its copy, each of one axis."""

    @torch.no_grad()
    def take(self, model: nn.Module) -> None:
        """Copy the weights of `model` as they are now; an earlier copy is written over."""
        weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        if not self._copies:
            self._copies = _room(weights)
        for name, weight in weights.items():
            for copy, part in zip(self._copies[name], _parts(weight, self._copies[name]), strict=True):
                copy.copy_(part, non_blocking=True)

    @torch.no_grad()
    def restore(self, model: nn.Module) -> None:
        """Put the weights that were copied back; where nothing was, nothing is done."""
        for name, weight in model.named_parameters():
            if (copies := self._copies.get(name)) is None:
                continue
            if weight.is_contiguous():
                for copy, part in zip(copies, _parts(weight, copies), strict=True):
                    part.copy_(copy, non_blocking=True)
            else:
                # on the GPU, for the host may be ahead of what fills its memory
                whole = torch.cat([copy.to(weight.device, non_blocking=True) for copy in copies])
                weight.copy_(whole.view(weight.shape))


def _parts(weight: torch.Tensor, copies: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """`weight` in parts as long as `copies`; views of it, if it is contiguous."""
    return weight.detach().reshape(-1).split([len(copy) for copy in copies])


def _room(weights: dict[str, nn.Parameter]) -> dict[str, list[torch.Tensor]]:
    device = next((weight.device for weight in weights.values()), torch.device("cpu"))
    if _is_on_host(device) or fits_beside(sum(weight.nbytes for weight in weights.values()), device):
        return {
            name: [torch.empty(weight.numel(), dtype=weight.dtype, device=device)] for name, weight in weights.items()
        }
    pieces = _Pieces()
    return {name: list(pieces.of(weight)) for name, weight in weights.items()}


def _is_on_host(device: torch.device) -> bool:
    return device.type == "cpu"


def fits_beside(nbytes: int, device: torch.device) -> bool:
    """Whether a copy of so many bytes takes next to nothing of a GPU's memory.

    A step of training has run before, so what is free then is needed by no step.
    """
    free, total = torch.cuda.mem_get_info(device)
    return nbytes <= MAX_SHARE * total and nbytes <= MAX_OF_FREE * free


class _Pieces:
    """Pinned memory for one weight after the other."""

    def __init__(self) -> None:
        self._piece, self._used = torch.empty(0, dtype=torch.uint8), 0

    def of(self, weight: torch.Tensor) -> Iterator[torch.Tensor]:
        """Room for `weight`, in one part or several."""
        left, size = weight.numel(), weight.element_size()
        while left:
            if len(self._piece) - self._used < size:
                self._piece, self._used = pinned(PIECE_BYTES), 0
            count = min(left, (len(self._piece) - self._used) // size)
            yield self._piece[self._used : self._used + count * size].view(weight.dtype)
            self._used += -(-count * size // ALIGNED_TO) * ALIGNED_TO
            left -= count


def pinned(nbytes: int) -> torch.Tensor:
    """So many bytes of the host's memory that is not swapped."""
    return torch.empty(nbytes, dtype=torch.uint8, pin_memory=True)
