"""Where the time of a GoEmotions cell goes, and how much of the machine's matrix products it uses."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from tests.perf.measure import DEVICE, Line, threads
from tests.perf.study import words
from tests.support.cli import composed

PASSES = 4
"""Multiplications and additions per weight and token, in units of a forward pass's 2, twice: forward, and backward
through frozen weights, whose own gradients nobody needs."""


class Clocks:
    """Seconds by phase. What a phase calls of another counts there only, but within WHOLE all counts for it."""

    WHOLE = "evaluation"

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]
        self._within = False

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, whose time counts for `name`."""

        def timed(*arguments: Any, **options: Any) -> Any:
            if self._within:
                return function(*arguments, **options)
            self._inner.append(0.0)
            self._within = name == self.WHOLE
            clock = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self._within = False
                taken = time.perf_counter() - clock
                self.seconds[name] += taken - self._inner.pop()
                self._inner[-1] += taken

        return timed


def matrix_rate(size: int = 1024, repeats: int = 10) -> float:
    """Multiplications and additions per second in fp32 products of square matrices."""
    import torch

    left, right = (torch.randn(size, size, device=DEVICE) for _ in range(2))
    best = float("inf")
    for _ in range(repeats):
        clock = time.perf_counter()
        (left @ right).sum().item()
        best = min(best, time.perf_counter() - clock)
    return 2 * size**3 / best


def profile() -> list[Line]:
    """Run one cell of one epoch in this process with clocks in it."""
    clocks, clock = Clocks(), time.perf_counter()
    import accelerate.optimizer
    import transformers

    from bench.compose import to_cell, to_settings
    from bench.methods import finetune
    from bench.running import measuring, observers
    from bench.running.run import run_cell

    imports = time.perf_counter() - clock
    trainer = transformers.Trainer
    places = {
        "data": [(measuring, "load_pool"), (measuring, "draw")],
        "load": [(finetune, "base_model"), (finetune, "_make_trainable"), (finetune, "_with_new_head")],
        "evaluation": [(trainer, "evaluation_loop")],
        "batches": [(trainer, "get_batch_samples")],
        "forward": [(trainer, "compute_loss")],
        "backward": [(accelerate.Accelerator, "backward")],
        "gradient clipping": [(accelerate.Accelerator, "clip_grad_norm_")],
        "optimizer": [(accelerate.optimizer.AcceleratedOptimizer, "step")],
        "saving": [(observers.store, "write")],
    }
    with tempfile.TemporaryDirectory() as folder, threads():
        axes = ("num_labels=4", "train_size=800", "seed=0", "training.num_train_epochs=1")
        (content,) = composed(*words(Path(folder), *axes))
        with ExitStack() as patches:
            for phase, found in places.items():
                for owner, name in found:
                    timed = clocks.around(phase, getattr(owner, name))
                    patches.enter_context(mock.patch.object(owner, name, timed))
            clock = time.perf_counter()
            record = run_cell(to_cell(content), to_settings(content))
            total = time.perf_counter() - clock
        rate = matrix_rate()
    assert record.measurements is not None, record.failure
    return _lines(clocks.seconds, imports, total, rate, record)


def _lines(seconds: dict[str, float], imports: float, total: float, rate: float, record: Any) -> list[Line]:
    training, parameters = record.measurements.training, record.measurements.parameters
    inside = {"imports": imports, **seconds, "rest, mostly Trainer's own": total - sum(seconds.values())}
    whole = imports + total
    lines = [
        Line(f"  {name}", f"of one cell, {training.steps} steps", f"{100 * value / whole:.1f} %")
        for name, value in inside.items()
    ]
    steps = seconds["forward"] + seconds["backward"]
    # the embedding is looked up, not multiplied
    weights = parameters.total - 30522 * 384
    used = PASSES * weights * training.tokens_seen / steps / rate
    return [
        *lines,
        Line("  tokens per second", "forward and backward", f"{training.tokens_seen / steps:.0f}"),
        Line("  share of matrix-product rate", f"{rate / 1e9:.0f} GFLOP/s in fp32", f"{100 * used:.0f} %"),
    ]
