"""Between two logs a stack's steps wait for no device: what waits on a GPU is counted, on the CPU."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from bench.data.pool import Pool
from bench.methods.fused import adamw, limits, loop, packing
from tests.methods.fused.test_equality import fit_fused, lora, make_cell

WAITING = ("_local_scalar_dense", "nonzero", "is_nonzero", "masked_select", "_unique2")
"""Operations whose result, or its shape, the host waits for."""
FROM_HOST = "lift_fresh"
"""What `torch.tensor` calls: with `device=` it would be a copy of ordinary memory, which waits."""


class Watch(TorchDispatchMode):
    """Counts operations that wait, by name, while it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.steps = 0
        self.is_on = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._overloadpacket.__name__
        if self.is_on and name in (*WAITING, FROM_HOST):
            self.counts[name] += 1
        return func(*args, **kwargs or {})


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Looks at steps of which no cell logs anything.

    A copy that `to_device` makes does not wait, so what it is given is not counted.
    """
    found = Watch()
    backward, copy = loop._backward, loop.to_device

    def begin(stack: Any, members: Any, *given: Any) -> None:
        found.is_on = all((member.step + 1) % member.trainer.args.logging_steps for member in members)
        found.steps += found.is_on
        backward(stack, members, *given)

    def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
        found.counts[FROM_HOST] -= found.is_on
        return copy(tensor, device)

    monkeypatch.setattr(loop, "_backward", begin)
    for module in (loop, adamw, limits, packing):
        monkeypatch.setattr(module, "to_device", to_device)
    return found


@pytest.mark.parametrize(
    ("optim", "precision"), [("adamw_torch", "fp32"), ("adamw_bnb_8bit", "fp32"), ("adamw_torch", "fp16")]
)
def test_steps_wait_for_nothing(
    optim: str, precision: str, tiny_models: dict[str, Path], pool: Pool, watch: Watch
) -> None:
    options = {"num_labels": 2, "min_steps": 12, "eval_steps": 4, "optim": optim, "precision": precision}
    sizes = ({"train_size": 16}, {"train_size": 36, "per_device_train_batch_size": 8, "gradient_accumulation_steps": 2})
    cells = [
        make_cell("bert", lora("bert", r=64), tiny_models["bert"], {"seed": seed} | options | size)
        for seed, size in enumerate(sizes)
    ]
    with watch:
        fused, _ = fit_fused(cells, pool)
    assert [member.step for member in fused.members] == [12, 12]
    assert watch.steps == 9, "three of each four steps log nothing"
    assert not any(watch.counts.values()), watch.counts
