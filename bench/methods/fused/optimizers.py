"""Optimizers of a stack: what each cell's own would do, in few operations for all of them where that is possible."""

import math
from collections.abc import Sequence
from typing import Protocol

import bitsandbytes.functional as bnb
import torch

from bench.methods.fused.member import Member
from bench.methods.fused.rows import ALIGNMENT, Rows
from bench.methods.fused.transfer import to_device

IN_8_BITS = 4096
"""bitsandbytes keeps the states of smaller parameters in fp32."""


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
        self.limits = GradientLimits(members, rows)

    def step(self) -> None:
        """As of every optimizer of a stack."""
        self.limits.clip()
        for member in self.members:
            for group in member.trainer.optimizer.param_groups:
                group["lr"] = member.rate(member.step)
            member.trainer.optimizer.step()

    def keep(self, places: Sequence[int]) -> None:
        """As of every optimizer of a stack."""
        self.members = [self.members[place] for place in places]
        self.limits.keep(places)


class StackedAdamW:
    """AdamW (Loshchilov & Hutter 2019) over all rows at once, in fp32; cells are at the same step always.

    Columns up to `first` are left alone.
    """

    def __init__(self, members: Sequence[Member], rows: Rows, first: int = 0) -> None:
        self.members, self.rows, self.first = list(members), rows, first
        self.options = adam_options(members[0])
        self.limits = GradientLimits(members, rows)
        self.rates = rates(members, rows.values.device)
        self.decay = decay(members, rows)[:, first:]
        self.mean = torch.zeros_like(rows.values[:, first:])
        self.square = torch.zeros_like(self.mean)

    def step(self) -> None:
        """As of every optimizer of a stack."""
        self.limits.clip()
        self.update()

    def update(self) -> None:
        """The same without clipping."""
        (beta1, beta2), epsilon, step = *self.options, self.members[0].step
        values, gradients = self.rows.values[:, self.first :], self.rows.gradients[:, self.first :]
        rates, number = self.rates[:, step : step + 1], step + 1
        self.mean.lerp_(gradients, 1 - beta1)
        self.square.mul_(beta2).addcmul_(gradients, gradients, value=1 - beta2)
        scale = self.square.sqrt().div_(math.sqrt(1 - beta2**number)).add_(epsilon)
        values.mul_(1 - rates * self.decay)
        values.sub_((self.mean / scale).mul_(rates / (1 - beta1**number)))

    def keep(self, places: Sequence[int]) -> None:
        """As of every optimizer of a stack."""
        kept = list(places)
        self.members = [self.members[place] for place in kept]
        self.limits.keep(kept)
        self.rates = self.rates[kept]
        self.decay, self.mean, self.square = self.decay[kept], self.mean[kept], self.square[kept]


class Stacked8BitAdamW:
    """bitsandbytes' 8-bit AdamW: a call for each cell, where its own optimizer has one for each parameter.

    States share a scale over 256 values (Dettmers et al. 2022); as parameters begin at multiples of that, the blocks
    are the same as alone. What is too small for 8 bits comes last in the rows, and has states in fp32.
    """

    def __init__(self, members: Sequence[Member], rows: Rows, width: int) -> None:
        self.members, self.rows, self.width = list(members), rows, width
        self.options = adam_options(members[0])
        self.rest = StackedAdamW(members, rows, width)
        device = rows.values.device
        self.maps = [bnb.create_dynamic_map(signed=signed).to(device) for signed in (True, False)]
        self.states = [torch.zeros(len(members), width, dtype=torch.uint8, device=device) for _ in self.maps]
        self.scales = [torch.zeros(len(members), width // ALIGNMENT, device=device) for _ in self.maps]

    def step(self) -> None:
        """As of every optimizer of a stack."""
        self.rest.step()  # which clips all columns
        (beta1, beta2), epsilon = self.options
        for i, member in enumerate(self.members):
            bnb.optimizer_update_8bit_blockwise(
                "adam",
                self.rows.gradients[i, : self.width],
                self.rows.values[i, : self.width],
                self.states[0][i],
                self.states[1][i],
                beta1,
                beta2,
                0.0,
                0.0,
                epsilon,
                member.step + 1,
                member.rate(member.step),
                *self.maps,
                self.scales[0][i],
                self.scales[1][i],
                weight_decay=member.trainer.args.weight_decay,
            )

    def keep(self, places: Sequence[int]) -> None:
        """As of every optimizer of a stack."""
        kept = list(places)
        self.members = [self.members[place] for place in kept]
        self.states, self.scales = [s[kept] for s in self.states], [s[kept] for s in self.scales]
        self.rest.keep(places)


def adam_options(member: Member) -> tuple[tuple[float, float], float]:
    """Its betas and epsilon."""
    args = member.trainer.args
    return (args.adam_beta1, args.adam_beta2), args.adam_epsilon


def decay(members: Sequence[Member], rows: Rows) -> torch.Tensor:
    """The weight decay of each value, as Trainer gives it to parameters; shape as the rows."""
    found = torch.zeros_like(rows.values)
    for row, member in enumerate(members):
        names = {id(parameter): name for name, parameter in rows.cells[row].items()}
        for group in member.trainer.optimizer.param_groups:
            for parameter in group["params"]:
                start = rows.places[names[id(parameter)]]
                found[row, start : start + parameter.numel()] = group["weight_decay"]
    return found


def rates(members: Sequence[Member], device: torch.device) -> torch.Tensor:
    """The learning rates of all steps, shape (cells, most steps), 0 after a cell's last one: made once, so that no
    step waits until they are on the device."""
    most = max(member.trainer.args.max_steps for member in members)
    found = torch.zeros(len(members), most)
    for row, member in enumerate(members):
        steps = member.trainer.args.max_steps
        found[row, :steps] = torch.tensor([member.rate(step) for step in range(steps)])
    return to_device(found, device)


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

    def keep(self, places: Sequence[int]) -> None:
        """Those of the cells at these places only."""
        self.limits = self.limits[list(places)]


def optimizer_for(members: Sequence[Member], rows: Rows) -> Optimizer:
    """What updates the stack of `members`: their own optimizers, unless there is a stacked one of their kind."""
    kind = members[0].trainer.args.optim  # its text is that of the option; what `str` gives is not
    if kind in ("adamw_torch", "adamw_torch_fused"):
        return StackedAdamW(members, rows)
    if kind == "adamw_bnb_8bit" and (width := _width_in_8_bits(members, rows)) is not None:
        return Stacked8BitAdamW(members, rows, width)
    return OwnOptimizers(members, rows)


def _width_in_8_bits(members: Sequence[Member], rows: Rows) -> int | None:
    """The columns with 8-bit states; None where cells differ in that, or in which of them have weight decay.

    (Heads over different label counts may be on both sides of the limit.)
    """
    sizes = {name: [cell[name].numel() for cell in rows.cells] for name in rows.places}
    wide = [name for name, of_cells in sizes.items() if min(of_cells) >= IN_8_BITS]
    width = rows.ends[wide[-1]] if wide else 0
    is_same = all(
        group["weight_decay"] == member.trainer.args.weight_decay
        for member in members
        for group in member.trainer.optimizer.param_groups
        if any(parameter.numel() >= IN_8_BITS for parameter in group["params"])
    )
    is_mixed = any(max(of_cells) >= IN_8_BITS for name, of_cells in sizes.items() if name not in wide)
    return None if is_mixed or not is_same else width
