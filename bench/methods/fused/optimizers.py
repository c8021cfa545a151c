"""Optimizers of a stack: what each cell's own would do, in few operations for all of them where that is possible."""

from collections.abc import Sequence
from typing import Protocol

import torch

from bench.methods.fused.member import Member
from bench.methods.fused.rows import Rows


class Optimizer(Protocol):
    """Updates all rows of a stack."""

    def step(self) -> None:
        """Clip each cell's gradients to its norm, and update its parameters with its learning rate."""

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the cells at these places only; `rows` are theirs already."""


class OwnOptimizers:
    """Every cell's own optimizer, as Trainer makes it, one after the other."""

    def __init__(self, members: Sequence[Member], rows: Rows) -> None:
        self.members, self.rows = list(members), rows

    def step(self) -> None:
        """As of every optimizer of a stack."""
        clip(self.members, self.rows)
        for member in self.members:
            for group in member.trainer.optimizer.param_groups:
                group["lr"] = member.rate(member.step)
            member.trainer.optimizer.step()

    def keep(self, places: Sequence[int]) -> None:
        """As of every optimizer of a stack."""
        self.members = [self.members[place] for place in places]


def clip(members: Sequence[Member], rows: Rows) -> None:
    """Scale each row of the gradients down to its cell's `max_grad_norm` (as `torch.nn.utils.clip_grad_norm_`)."""
    limits = torch.tensor([member.trainer.args.max_grad_norm for member in members], device=rows.gradients.device)
    norms = torch.linalg.vector_norm(rows.gradients, dim=1)
    rows.gradients.mul_((limits / (norms + 1e-6)).clamp(max=1.0).unsqueeze(1))


def optimizer_for(members: Sequence[Member], rows: Rows) -> Optimizer:
    """What updates the stack of `members`."""
    return OwnOptimizers(members, rows)
