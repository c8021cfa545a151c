"""What the host would wait for on a GPU, counted on a CPU: reads of tensors and copies of numbers to them."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import TrainerCallback

READS = {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "bincount", "equal", "lift_fresh"}
"""Operations whose result, or its shape, the host has to have; `lift_fresh` makes a tensor of Python's numbers."""
METHODS = ("tolist", "numpy", "cpu", "__array__")
"""Of tensors, which read on a CPU without an operation."""


class Waits(TorchDispatchMode):
    """Remembers from where each wait came, but for reads of `on_host`, which lie on the host beside a GPU, too."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.on_host: set[int] = set()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__
        if name in READS and not (args and id(args[0]) in self.on_host):
            self.add(name)
        return function(*args, **kwargs or {})

    def add(self, name: str) -> None:
        """One more, with the lines that led there."""
        lines = [f"{part.filename.rpartition('/')[2]}:{part.lineno}" for part in traceback.extract_stack()[-14:-1]]
        self.found.append(f"{name} by {' '.join(lines)}")

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what happens within."""

        def told(name: str) -> Any:
            plain = getattr(torch.Tensor, name)

            def read(tensor: torch.Tensor, *arguments: Any, **options: Any) -> Any:
                self.add(name)
                return plain(tensor, *arguments, **options)

            return mock.patch.object(torch.Tensor, name, read)

        patches = [told(name) for name in METHODS]
        for patch in patches:
            patch.start()
        with self:
            yield
        for patch in patches:
            patch.stop()


class StepWaits(TrainerCallback):
    """Counts those of Trainer's steps, from when their batches are there until they are done; not those of the first,
    in which optimizers are made. To be the last callback."""

    def __init__(self) -> None:
        self.waits, self.steps = Waits(), 0
        self._within: Any = None

    def on_step_begin(self, args: Any, state: Any, control: Any, optimizer: Any = None, **_: Any) -> None:
        """Begin to count."""
        if state.global_step:
            # AdamW's counts of steps lie on the host
            self.waits.on_host = {id(of["step"]) for of in optimizer.state.values() if "step" in of}
            self._within = self.waits.counting()
            self._within.__enter__()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Stop."""
        if self._within is not None:
            self._within.__exit__(None, None, None)
            self._within, self.steps = None, self.steps + 1
