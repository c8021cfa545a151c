"""An observer that lets GPUs fail: `observers=[tests.gpu.faults]`. The seed of a cell says what befalls it at step 3.

It also writes which process took which step into the file that GPU_STEPS names.
"""

import os
import signal
from pathlib import Path

from bench.cell import Cell
from bench.running.observers import Observer
from bench.settings import Settings

KILLED, ASSERTED, HANGING = 11, 12, 13
"""Seeds: a kernel runs and the process is killed; a kernel finds an index out of range; a kernel does not end."""
LONG = 2**62
"""Cycles of the GPU's clock: years."""


class Faults(Observer):
    """What befalls cells."""

    def on_step(self, cell: Cell, step: int, max_steps: int, loss: float | None) -> None:
        """Note the step; let the fault happen at the third."""
        with Path(os.environ["GPU_STEPS"]).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {cell.task.seed} {step}\n")
        if step == 3:
            befall(cell.task.seed)


def befall(seed: int) -> None:
    """Let happen what the seed says."""
    import torch

    if seed == KILLED:
        if torch.cuda.is_available():
            torch.cuda._sleep(10**9)
        os.kill(os.getpid(), signal.SIGKILL)
    if seed == ASSERTED:
        # nobody waits for it here: the error comes up wherever the training next does
        torch.zeros(4, device="cuda")[torch.tensor([1 << 40], device="cuda")]
    if seed == HANGING:
        torch.cuda._sleep(LONG)
        torch.cuda.synchronize()


def observer(settings: Settings) -> Observer:
    """What `observers=` asks for."""
    return Faults()
