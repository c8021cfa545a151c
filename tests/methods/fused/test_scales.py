"""Loss scales of a stack: each cell's parameters, moments and schedule are as with a GradScaler of its own."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from bitsandbytes.optim import AdamW8bit
from torch import nn

from bench.methods.eight_bit import forget_embeddings
from bench.methods.fused import scales as module
from bench.methods.fused.adamw import Stacked8BitAdamW, StackedAdamW, width_in_8_bits
from bench.methods.fused.optimizers import OwnOptimizers
from bench.methods.fused.rows import Rows
from bench.methods.fused.scales import INITIAL, LossScales, schedule_waits

STEPS, GROWS_AFTER, LIMIT = 24, 5, 0.5
LEFT, STAYED = 12, [0, 2]
"""The cell between these leaves before this step."""
OVERFLOWS = {0: {0: torch.inf, 1: torch.inf, 9: torch.nan}, 1: {4: -torch.inf}, 2: {3: torch.nan, 20: torch.inf}}
"""By cell and step: what is among its gradients."""
SHAPES = ({"wide": (64, 80), "head": (3, 7)}, {"wide": (64, 80), "head": (2, 7)}, {"wide": (64, 80), "head": (5, 7)})
Made = Callable[[list[dict[str, Any]]], torch.optim.Optimizer]

MADE: dict[str, Made] = {
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=1.0),
    "fused adamw": lambda groups: torch.optim.AdamW(groups, lr=1.0, fused=True),
    "8 bits": lambda groups: AdamW8bit(groups, lr=1.0),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=1.0),
}


def rate(cell: int, step: int) -> float:
    """A schedule of its own for each cell."""
    return 0.01 * (cell + 1) * (1 - step / STEPS)


def parameters(cell: int) -> dict[str, nn.Parameter]:
    draw = torch.Generator().manual_seed(cell)
    return {name: nn.Parameter(torch.randn(shape, generator=draw)) for name, shape in SHAPES[cell].items()}


def gradients(cell: int, step: int) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(1000 * cell + step)
    found = {name: torch.randn(shape, generator=draw) for name, shape in SHAPES[cell].items()}
    if step in OVERFLOWS[cell]:
        found["head"][0, 0] = OVERFLOWS[cell][step]
    return found


def optimizer_of(made: Made, values: dict[str, nn.Parameter]) -> torch.optim.Optimizer:
    return made([{"params": list(values.values()), "weight_decay": 0.1}])


def alone(made: Made, cell: int, steps: int) -> tuple[dict[str, nn.Parameter], float, list[float]]:
    """Parameters, the last scale and the rate of each step, as accelerate and Trainer go on."""
    values = parameters(cell)
    optimizer = optimizer_of(made, values)
    scaler = torch.amp.GradScaler("cpu", growth_interval=GROWS_AFTER)
    called, original, scheduled, rates = [], optimizer.step, 0, []
    optimizer.step = lambda *given, **named: (called.append(True), original(*given, **named))  # type: ignore[method-assign]
    for step in range(steps):
        rates.append(rate(cell, scheduled))
        for group in optimizer.param_groups:
            group["lr"] = rates[-1]
        loss = sum((values[name] * given).sum() for name, given in gradients(cell, step).items())
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(values.values(), LIMIT)
        called.clear()
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        scheduled += bool(called)  # as accelerate sees whether it was skipped
    return values, scaler.get_scale(), rates


def member(made: Made, cell: int, values: dict[str, nn.Parameter]) -> Any:
    args = SimpleNamespace(
        max_steps=STEPS, max_grad_norm=LIMIT, adam_beta1=0.9, adam_beta2=0.999, adam_epsilon=1e-8, weight_decay=0.1
    )
    trainer = SimpleNamespace(args=args, optimizer=optimizer_of(made, values))
    return SimpleNamespace(step=0, rate=lambda step: rate(cell, step), trainer=trainer)


@pytest.mark.parametrize("kind", MADE)
def test_as_with_scalers_of_their_own(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_embeddings()  # of what this process trained before
    monkeypatch.setattr(module, "GROWTH_INTERVAL", GROWS_AFTER)
    of_cells = [parameters(cell) for cell in range(3)]
    members = [member(MADE[kind], cell, values) for cell, values in enumerate(of_cells)]
    rows = Rows(of_cells)
    scales = LossScales(3, torch.device("cpu"), schedule_waits=schedule_waits(members[0].trainer.optimizer))
    optimizer: Any = StackedAdamW(members, rows, scales)
    if kind == "8 bits":
        width = width_in_8_bits(members, rows)
        assert width == 64 * 80
        optimizer = Stacked8BitAdamW(members, rows, scales, width=width)
    elif kind == "rmsprop":
        optimizer = OwnOptimizers(members, rows, scales)
    cells, scale_of_left = [0, 1, 2], 0.0
    behind: dict[int, list[int]] = {cell: [] for cell in cells}
    for step in range(STEPS):
        if step == LEFT:
            scale_of_left = scales.scale[1].item()
            rows.release(1)
            rows.keep(STAYED)
            optimizer.keep(STAYED)
            scales.keep(STAYED)
            cells = STAYED
        for row, cell in enumerate(cells):
            for name, given in gradients(cell, step).items():
                of_cells[cell][name].grad.add_(given * scales.scale[row])  # type: ignore[union-attr]
        scales.unscale(rows.gradients)
        optimizer.step()
        rows.gradients.zero_()
        scales.update()
        for row, cell in enumerate(cells):
            members[cell].step += 1
            behind[cell].append(int(scales.behind[row]))
    found_scales = {0: scales.scale[0].item(), 1: scale_of_left, 2: scales.scale[1].item()}
    for cell, values in enumerate(of_cells):
        steps = LEFT if cell == 1 else STEPS
        expected, scale, rates = alone(MADE[kind], cell, steps)
        for name in values:
            torch.testing.assert_close(values[name], expected[name], atol=1e-6, rtol=1e-6)
        assert found_scales[cell] == scale
        assert [rate(cell, step - behind[cell][step]) for step in range(steps)] == rates
        assert max(behind[cell]) == (0 if kind == "fused adamw" else len([s for s in OVERFLOWS[cell] if s < steps - 1]))


def test_a_scale_does_not_grow_beyond_what_is_finite() -> None:
    scales = LossScales(2, torch.device("cpu"), schedule_waits=True)
    scales.scale = torch.tensor([2.0**127, INITIAL])
    scales._in_a_row.fill_(module.GROWTH_INTERVAL - 1)
    scales.unscale(torch.ones(2, 3))
    scales.update()
    assert scales.scale.tolist() == [2.0**127, 2 * INITIAL]
    assert scales._in_a_row.tolist() == [0, 0]


def test_rows_that_overflow_change_nothing_at_all() -> None:
    """Also in the very first step, when there are no moments yet."""
    values = [parameters(cell) for cell in range(2)]
    before = [{name: value.detach().clone() for name, value in of.items()} for of in values]
    members = [member(MADE["adamw"], cell, of) for cell, of in enumerate(values)]
    rows, scales = Rows(values), LossScales(2, torch.device("cpu"), schedule_waits=True)
    optimizer = StackedAdamW(members, rows, scales)
    rows.gradients.fill_(1.0)
    rows.gradients[0, 5] = torch.inf
    scales.unscale(rows.gradients)
    optimizer.step()
    assert all(torch.equal(values[0][name], before[0][name]) for name in values[0])
    assert not any(torch.equal(values[1][name], before[1][name]) for name in values[1])
    assert not optimizer.mean[0].any()
    assert not optimizer.square[0].any()
