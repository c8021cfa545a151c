"""What a cell, or a stack of them, takes of the machine: peak memory and energy."""

from dataclasses import dataclass

from bench.running import memory
from bench.running.devices import energy_counter


@dataclass(frozen=True, slots=True)
class Reading:
    """What was taken since a meter began. Peaks are bytes."""

    peak_process: int
    peak_device: int | None
    """None on a CPU, as is the next."""
    reserved_device: int | None
    energy_joules: float | None
    """Of the GPU, with all that ran on it; None on a CPU, and where the GPU does not count it."""


class Meter:
    """Counts from when it is made; only one of a process is of use at a time, for peaks are the process's."""

    def __init__(self, device: str) -> None:
        """`device` is `cpu` or `cuda`."""
        memory.reset_peak()
        self._on_gpu = device == "cuda"
        self._energy = energy_counter() if self._on_gpu else None

    def read(self) -> Reading:
        """What was taken until now."""
        energy = None if self._energy is None else energy_counter()
        return Reading(
            peak_process=memory.peak_process(),
            peak_device=memory.peak_device() if self._on_gpu else None,
            reserved_device=memory.reserved_device() if self._on_gpu else None,
            energy_joules=None if self._energy is None or energy is None else energy - self._energy,
        )
