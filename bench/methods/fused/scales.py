"""Loss scales of cells that are computed in fp16: each has its own, as it has alone."""

from collections.abc import Iterator, Sequence

import torch

from bench.methods.fused.member import Member

INITIAL = 65536.0
GROWTH, BACKOFF = 2.0, 0.5
GROWTH_INTERVAL = 2000
"""Those of `torch.amp.GradScaler`, which accelerate leaves as they are."""


class LossScales:
    """A dynamic loss scale for each cell (Micikevicius et al. 2018, section 3.2), by the rule of GradScaler.

    Losses are multiplied by it, so that small gradients do not vanish in fp16, and gradients divided by it. A cell
    whose gradients are not finite skips the step, and its scale is halved; after 2,000 steps in a row it is doubled.
    All of that stays on the device: GradScaler reads there in each step whether it is to be skipped.
    """

    def __init__(self, num_cells: int, device: torch.device, *, schedule_waits: bool) -> None:
        """`schedule_waits`: a step that is skipped is none of the learning rate's schedule either."""
        self.scale = torch.full((num_cells,), INITIAL, device=device)
        self.schedule_waits = schedule_waits
        self.skipped = torch.zeros(num_cells, dtype=torch.int64, device=device)
        """Steps that each cell has skipped."""
        self.behind = torch.zeros_like(self.skipped)
        """Steps by which each cell's schedule was behind in the last step."""
        self.finite = torch.ones(num_cells, dtype=torch.bool, device=device)
        """Whether each cell takes this step."""
        self._in_a_row = torch.zeros_like(self.skipped)

    def unscale(self, gradients: torch.Tensor) -> None:
        """Divide each cell's row of `gradients` by its scale; rows that are not finite become 0."""
        self.finite = gradients.isfinite().all(dim=1)
        gradients.mul_(self.scale.double().reciprocal().float().unsqueeze(1))
        gradients.masked_fill_(~self.finite.unsqueeze(1), 0.0)
        self.behind = self.skipped if self.schedule_waits else torch.zeros_like(self.skipped)

    def update(self) -> None:
        """After a step: count it, and move the scales."""
        self.skipped = self.skipped + ~self.finite
        in_a_row = (self._in_a_row + 1) * self.finite
        grows = in_a_row == GROWTH_INTERVAL
        grown = self.scale * GROWTH
        grown = torch.where(grows & grown.isfinite(), grown, self.scale)
        self.scale = torch.where(self.finite, grown, self.scale * BACKOFF)
        self._in_a_row = in_a_row * ~grows

    def read(self) -> list[tuple[bool, int, int]]:
        """Each cell's `finite`, `skipped` and `behind`. Waits for the device."""
        found = torch.stack([self.finite.long(), self.skipped, self.behind], dim=1).tolist()
        return [(bool(finite), skipped, behind) for finite, skipped, behind in found]

    def keep(self, indices: Sequence[int]) -> None:
        """Those of the cells at these indices only."""
        kept = list(indices)
        self.scale, self.skipped, self._in_a_row = self.scale[kept], self.skipped[kept], self._in_a_row[kept]
        self.behind, self.finite = self.behind[kept], self.finite[kept]


def schedule_waits(optimizer: torch.optim.Optimizer) -> bool:
    """Whether Trainer's schedule waits in a step that `optimizer` skips.

    accelerate does not notice where a fused optimizer looks itself whether gradients are finite.
    """
    return not getattr(optimizer, "_step_supports_amp_scaling", False)


def taking_part(members: Sequence[Member], scales: LossScales | None) -> Iterator[tuple[int, int, float]]:
    """The cells that take this step: index, which of the cell's own steps it is (from 1), and learning rate.

    All, unless some skip it for fp16's sake; then this waits for the device.
    """
    known = [(True, 0, 0)] * len(members) if scales is None else scales.read()
    for index, (member, (takes, skipped, behind)) in enumerate(zip(members, known, strict=True)):
        if takes:
            yield index, member.step + 1 - skipped, member.rate(member.step - behind)
