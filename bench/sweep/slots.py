"""Where cells can run on this machine: one slot a worker process."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from bench.bounds import Positive, Workers
from bench.config import FORBID
from bench.errors import UserError
from bench.running.cores import cores
from bench.running.devices import Gpu, visible_gpus
from bench.settings import Settings

MAX_GPUS = 1000
"""On one machine."""


def _devices(value: Any) -> Any:
    if value is None:
        return None
    for each in value if isinstance(value, list | tuple) else [value]:
        if not (isinstance(each, str) or (type(each) is int and 0 <= each <= MAX_GPUS)):
            raise ValueError(f"a GPU is given by its number (0 to {MAX_GPUS}) or its UUID")
    return value


Devices = Annotated[tuple[int | str, ...] | int | str | None, BeforeValidator(_devices)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """The worker processes on one machine, whoever started the sweep there."""

    per_device: Workers = 1
    """Workers that share a GPU: more than one pays for small models."""
    workers: Workers | None = None
    """Workers on the CPU, which share its cores; null for one."""
    cells_per_worker: Positive | None = None
    """A worker process is replaced after so many cells; null: only after a failure."""
    isolate: bool = False
    """A fresh process for every cell."""

    __pydantic_config__ = FORBID

    def without_effect(self, option: str, *, on_cpu: bool) -> str | None:
        """Why an option (dotted, of these or of the sweep) would change nothing; None where it does."""
        if option == "hydra.launcher.per_device" and on_cpu:
            return "cells run on the CPU, where hydra.launcher.workers says how many share its cores"
        if option == "hydra.launcher.workers" and not on_cpu:
            return "cells run on GPUs (device=cpu: they do not), and hydra.launcher.per_device is for those"
        if option in ("hydra.launcher.cells_per_worker", "engine", "fused.max_cells", "fused.compile") and self.isolate:
            return "hydra.launcher.isolate=true gives each cell a process of its own"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOptions(WorkerOptions):
    """The local pool: worker processes and what each may see."""

    devices: Devices = None
    """Numbers (among the visible ones) or UUIDs of the GPUs to use; null for all visible ones."""

    __pydantic_config__ = FORBID

    @property
    def asked_devices(self) -> tuple[int | str, ...]:
        """What `devices` names; nothing where it leaves that open."""
        devices = self.devices
        return devices if isinstance(devices, tuple) else () if devices is None else (devices,)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one worker."""

    name: str
    """For people: `cuda:0`, or `cpu`; with a count where workers share a device."""
    gpu: str | None = None
    """UUID of the one GPU that the worker may see; None on the CPU."""
    threads: int | None = None
    """CPU threads for its computations, its share of the cores; None for the libraries' own choice."""
    sharing: int = 1
    """Workers on its GPU."""
    memory: int | None = None
    """Bytes that are its worker's share of the GPU's; None on the CPU, or where they are not known."""
    host: str | None = None
    """The machine that it is on; None: this one."""


def slots(options: PoolOptions, settings: Settings) -> list[Slot]:
    """The slots that are asked for on the devices there are.

    Raises UserError where a GPU is named that is not visible, or an option of the other kind of device.
    """
    gpus = [] if settings.device == "cpu" else visible_gpus()
    if gpus and options.workers is not None:
        raise UserError(
            "hydra.launcher.workers is for the CPU; on GPUs hydra.launcher.per_device says how many workers share one"
        )
    if not gpus:
        if options.devices is not None:
            asked = _written(options.asked_devices)
            raise UserError(f"hydra.launcher.devices={asked}, but cells run on the CPU here")
        return _cpu_slots(options.workers or 1)
    chosen = choose(gpus, options)
    workers = len(chosen) * options.per_device
    threads = max(1, cores() // workers) if workers > 1 else None
    return [
        Slot(
            name=f"cuda:{number}" + (f".{share}" if options.per_device > 1 else ""),
            gpu=gpu.uuid,
            threads=threads,
            sharing=options.per_device,
            memory=None if gpu.total_memory is None else gpu.total_memory // options.per_device,
        )
        for share in range(options.per_device)
        for number, gpu in chosen
    ]


def _written(entries: tuple[int | str, ...]) -> str:
    return ",".join(map(str, entries))


def choose(gpus: list[Gpu], options: PoolOptions) -> list[tuple[int, Gpu]]:
    """Each GPU asked for, once, with its number among the visible ones. Raises UserError where one is not there."""
    asked = options.asked_devices
    if not asked:
        return list(enumerate(gpus))
    chosen: dict[int, Gpu] = {}
    for entry in asked:
        found = [i for i, gpu in enumerate(gpus) if str(entry) == str(i) or gpu.uuid.startswith(str(entry))]
        if len(found) != 1:
            there = ", ".join(f"{i} ({gpu.name}, {gpu.uuid})" for i, gpu in enumerate(gpus))
            raise UserError(
                f"hydra.launcher.devices={_written(asked)}: there is no one GPU {entry}; visible are {there}"
            )
        chosen[found[0]] = gpus[found[0]]
    return list(chosen.items())


def _cpu_slots(workers: int) -> list[Slot]:
    if workers == 1:
        return [Slot("cpu")]
    threads = max(1, cores() // workers)
    return [Slot(f"cpu.{i}", threads=threads) for i in range(workers)]
