"""AdamW over all cells of a stack: what each cell's own would do, in few operations for all of them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

from bench.methods.fused.limits import GradientLimits
from bench.methods.fused.member import Member
from bench.methods.fused.rows import ALIGNMENT, Rows
from bench.methods.fused.scales import LossScales, taking_part
from bench.methods.fused.transfer import to_device

MIN_8BIT_SIZE = 4096
"""bitsandbytes keeps the states of smaller parameters in fp32 (the default of its `min_8bit_size`)."""


class Factors(NamedTuple):
    """What a step of AdamW multiplies with: numbers, or (cells, 1) where cells have skipped steps."""

    rates: torch.Tensor
    one_minus_beta1: float | torch.Tensor
    """0 for a cell that skips the step."""
    one_minus_beta2: float | torch.Tensor
    """Likewise."""
    bias_correction1: float | torch.Tensor
    """1 - beta1 ** steps: what the mean is to be divided by, for it began at 0."""
    bias_correction2_sqrt: float | torch.Tensor
    """The square root of the same of beta2, for the root of the mean square."""


class StackedAdamW:
    """AdamW (Loshchilov & Hutter 2019) over all rows at once, in fp32; cells are at the same step always.

    Columns up to `first` are left alone. In fp16 cells may have skipped different steps, and nobody waits to know.
    """

    def __init__(
        self, members: Sequence[Member], rows: Rows, scales: LossScales | None = None, *, first: int = 0
    ) -> None:
        self.members, self.rows, self.scales, self.first = list(members), rows, scales, first
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
        _, epsilon = self.options
        values, gradients = self.rows.values[:, self.first :], self.rows.gradients[:, self.first :]
        factors = self._factors() if self.scales is None else self._factors_in_fp16(self.scales)
        self.mean.lerp_(gradients, factors.one_minus_beta1)
        self.square.mul_(1 - factors.one_minus_beta2).addcmul_(gradients, gradients, value=1 - self.options[0][1])
        scale = self.square.sqrt().div_(factors.bias_correction2_sqrt).add_(epsilon)
        values.mul_(1 - factors.rates * self.decay)
        values.sub_((self.mean / scale).mul_(factors.rates / factors.bias_correction1))

    def _factors(self) -> Factors:
        (beta1, beta2), step = self.options[0], self.members[0].step
        number = step + 1
        rates = self.rates[:, step : step + 1]
        return Factors(rates, 1 - beta1, 1 - beta2, 1 - beta1**number, math.sqrt(1 - beta2**number))

    def _factors_in_fp16(self, scales: LossScales) -> Factors:
        """Those of a cell that skips the step, whose gradients are 0, change neither values nor moments."""
        (beta1, beta2), step = self.options[0], self.members[0].step
        finite = scales.finite.unsqueeze(1)
        rates = self.rates.gather(1, (step - scales.behind).unsqueeze(1))
        number = (step + 1 - scales.skipped).unsqueeze(1).double()
        return Factors(
            rates * finite,
            (1 - beta1) * finite,
            (1 - beta2) * finite,
            (1 - beta1**number).float(),
            (1 - beta2**number).sqrt().float(),
        )

    def keep(self, indices: Sequence[int]) -> None:
        """As of every optimizer of a stack."""
        kept = list(indices)
        self.members = [self.members[index] for index in kept]
        self.limits.keep(kept)
        self.rates = self.rates[kept]
        self.decay, self.mean, self.square = self.decay[kept], self.mean[kept], self.square[kept]


class Stacked8BitAdamW:
    """bitsandbytes' 8-bit AdamW: a call for each cell, where its own optimizer has one for each parameter.

    States share a scale over 256 values (Dettmers et al. 2022); as parameters begin at multiples of that, the blocks
    are the same as alone. What is too small for 8 bits comes last in the rows, and has states in fp32. In fp16 the host
    waits in each step, once for all cells, to know which take it.
    """

    def __init__(self, members: Sequence[Member], rows: Rows, scales: LossScales | None = None, *, width: int) -> None:
        self.members, self.rows, self.scales, self.width = list(members), rows, scales, width
        self.options = adam_options(members[0])
        self.rest = StackedAdamW(members, rows, scales, first=width)
        device = rows.values.device
        import bitsandbytes.functional as bnb  # which not every installation has

        self.update = bnb.optimizer_update_8bit_blockwise
        self.maps = [bnb.create_dynamic_map(signed=signed).to(device) for signed in (True, False)]
        self.states = [torch.zeros(len(members), width, dtype=torch.uint8, device=device) for _ in self.maps]
        self.block_scales = [torch.zeros(len(members), width // ALIGNMENT, device=device) for _ in self.maps]

    def step(self) -> None:
        """As of every optimizer of a stack."""
        self.rest.step()  # which clips all columns
        (beta1, beta2), epsilon = self.options
        for i, number, rate in taking_part(self.members, self.scales):
            self.update(
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
                number,
                rate,
                *self.maps,
                self.block_scales[0][i],
                self.block_scales[1][i],
                weight_decay=self.members[i].trainer.args.weight_decay,
            )

    def keep(self, indices: Sequence[int]) -> None:
        """As of every optimizer of a stack."""
        kept = list(indices)
        self.members = [self.members[index] for index in kept]
        self.states, self.block_scales = ([each[kept] for each in of] for of in (self.states, self.block_scales))
        self.rest.keep(indices)


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
                start = rows.starts[names[id(parameter)]]
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


def width_in_8_bits(members: Sequence[Member], rows: Rows) -> int | None:
    """The columns with 8-bit states; None where cells differ in that, or in which of them have weight decay.

    (Heads over different label counts may be on both sides of the limit.)
    """
    sizes = {name: [cell[name].numel() for cell in rows.cells] for name in rows.starts}
    wide = [name for name, of_cells in sizes.items() if min(of_cells) >= MIN_8BIT_SIZE]
    width = rows.ends[wide[-1]] if wide else 0
    is_same = all(
        group["weight_decay"] == member.trainer.args.weight_decay
        for member in members
        for group in member.trainer.optimizer.param_groups
        if any(parameter.numel() >= MIN_8BIT_SIZE for parameter in group["params"])
    )
    is_mixed = any(max(of_cells) >= MIN_8BIT_SIZE for name, of_cells in sizes.items() if name not in wide)
    return None if is_mixed or not is_same else width
