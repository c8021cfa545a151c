"""What a sweep would run on, for plans: nothing is opened, and nothing need be there."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from bench.running.devices import Gpu
from bench.running.provenance import device_name
from bench.sweep.wording import gigabytes
from bench.wording import counted


@dataclass(frozen=True, slots=True)
class Workforce:
    """Devices and the workers on each. A runner whose cells run elsewhere says so in a subclass."""

    device: Literal["cuda", "cpu"]
    gpus: tuple[Gpu, ...]
    """Visible ones that the sweep would use; none where it is planned elsewhere than it will run."""
    devices: int
    """GPUs, those that are asked for and not visible included; 1 on a CPU."""
    per_device: int
    """Workers."""

    @property
    def workers(self) -> int:
        """Cells at once."""
        return self.devices * self.per_device

    @property
    def is_here(self) -> bool:
        """Whether the cells run on this machine, or on one like it."""
        return True

    @property
    def name(self) -> str | None:
        """The device's name as records have it; None where it is not known."""
        if self.device == "cpu" and self.is_here:
            return device_name("cpu")
        return self.gpus[0].name if self.gpus else None

    def described(self) -> str:
        """A sentence for a plan."""
        each = f", {counted(self.per_device, 'worker')} on each" if self.per_device > 1 else ""
        if self.device == "cpu":
            return f"On the CPU, {counted(self.workers, 'worker')}."
        on = f"{counted(self.devices, 'GPU')}{each}"
        if not self.gpus:
            return f"No GPU is visible here: planned for {on}; under `fits` is the smallest kind that will do."
        names = Counter(f"{gpu.name}, {_memory(gpu)}" for gpu in self.gpus)
        return f"On {on}: {'; '.join(f'{count} x {name}' for name, count in names.items())}."

    def workers_left(self, running: int) -> int:
        """How many cells at once a sweep goes on with, of which so many cells run now."""
        return running or self.workers

    def at_work(self, running: int) -> str:
        """Who goes on with a sweep of which so many cells run now, for its status."""
        said = counted(self.workers_left(running), "worker")
        return f"{said} at work" if running else f"{said}, none at work now"


def _memory(gpu: Gpu) -> str:
    return "memory shared with the machine" if gpu.total_memory is None else gigabytes(gpu.total_memory)
