"""Clipping the gradients of a stack: each cell has a limit of its own for their norm."""

from collections.abc import Sequence

import torch

from bench.methods.fused.member import Member
from bench.methods.fused.rows import Rows
from bench.methods.fused.transfer import to_device


class GradientLimits:
    """What the norm of each cell's gradients may be."""

    def __init__(self, members: Sequence[Member], rows: Rows) -> None:
        self.rows = rows
        limits = torch.tensor([[member.trainer.args.max_grad_norm] for member in members])
        self.limits = to_device(limits, rows.gradients.device)

    def clip(self) -> None:
        """Scale each row of the gradients down to its limit (as `torch.nn.utils.clip_grad_norm_`)."""
        norms = torch.linalg.vector_norm(self.rows.gradients, dim=1, keepdim=True)
        self.rows.gradients.mul_((self.limits / (norms + 1e-6)).clamp(max=1.0))

    def keep(self, indices: Sequence[int]) -> None:
        """Those of the cells at these indices only."""
        self.limits = self.limits[list(indices)]
