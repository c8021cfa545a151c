"""Optimizers of a stack: what each cell's own would do, in few operations for all of them where that is possible."""

from collections.abc import Sequence
from typing import Protocol

from bench.methods.fused.adamw import Stacked8BitAdamW, StackedAdamW, width_in_8_bits
from bench.methods.fused.limits import GradientLimits
from bench.methods.fused.member import Member
from bench.methods.fused.rows import Rows
from bench.methods.fused.scales import LossScales, taking_part


class Optimizer(Protocol):
    """Updates all rows of a stack. In fp16, gradients come unscaled, and cells whose are not finite skip the step."""

    def step(self) -> None:
        """Clip each cell's gradients to its norm, and update its parameters with its learning rate."""

    def keep(self, indices: Sequence[int]) -> None:
        """Go on with the cells at these indices only; `rows` are theirs already."""


class OwnOptimizers:
    """Every cell's own optimizer, as Trainer makes it, one after the other. In fp16 the host waits in each step."""

    def __init__(self, members: Sequence[Member], rows: Rows, scales: LossScales | None = None) -> None:
        self.members, self.rows, self.scales = list(members), rows, scales
        self.limits = GradientLimits(members, rows)

    def step(self) -> None:
        """As of every optimizer of a stack."""
        self.limits.clip()
        for index, _, rate in taking_part(self.members, self.scales):
            optimizer = self.members[index].trainer.optimizer
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()

    def keep(self, indices: Sequence[int]) -> None:
        """As of every optimizer of a stack."""
        self.members = [self.members[index] for index in indices]
        self.limits.keep(indices)


def optimizer_for(members: Sequence[Member], rows: Rows, scales: LossScales | None = None) -> Optimizer:
    """What updates the stack of `members`: their own optimizers, unless there is a stacked one of their kind."""
    kind = members[0].trainer.args.optim  # its text is that of the option; what `str` gives is not
    if kind in ("adamw_torch", "adamw_torch_fused"):
        return StackedAdamW(members, rows, scales)
    if kind == "adamw_bnb_8bit" and (width := width_in_8_bits(members, rows)) is not None:
        return Stacked8BitAdamW(members, rows, scales, width=width)
    return OwnOptimizers(members, rows, scales)
