"""What a sweep would run on, for plans: nothing is opened, and nothing need be there."""

from dataclasses import dataclass
from typing import Literal

from bench.devices import Gpu, visible_gpus
from bench.provenance import device_name
from bench.settings import Settings
from bench.sweep.slots import asked_devices, choose


@dataclass(frozen=True, slots=True)
class Workforce:
    """Devices and the workers on each."""

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
    def name(self) -> str | None:
        """The device's name as records have it; None where it is not known."""
        if self.device == "cpu":
            return device_name("cpu")
        return self.gpus[0].name if self.gpus else None


def workforce(settings: Settings) -> Workforce:
    """What a sweep with these settings would run on, started here; one GPU where it needs one and none is visible."""
    gpus = visible_gpus()
    if settings.device == "cpu" or (settings.device == "auto" and not gpus):
        return Workforce("cpu", (), 1, settings.pool.workers or 1)
    asked = asked_devices(settings)
    if asked and gpus:
        gpus = [gpu for _, gpu in choose(gpus, settings)]
    return Workforce("cuda", tuple(gpus), len(gpus) or len(asked) or 1, settings.pool.per_device)
