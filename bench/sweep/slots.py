"""Where cells can run on this machine: one slot a worker process."""

from dataclasses import dataclass

from bench.errors import UserError
from bench.running.cores import cores
from bench.running.devices import Gpu, visible_gpus
from bench.settings import Settings


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one worker."""

    name: str
    """For people: `cuda:0`, or `cpu`; with a count where workers share a device."""
    gpu: str | None = None
    """UUID of the one GPU that the worker may see; None on the CPU."""
    threads: int | None = None
    """CPU threads for its computations, its share of the cores; None for the libraries' own choice."""


def slots(settings: Settings) -> list[Slot]:
    """The slots that `settings.pool` asks for on the devices there are.

    Raises UserError where it names a GPU that is not visible, or options of the other kind of device.
    """
    options = settings.pool
    gpus = [] if settings.device == "cpu" else visible_gpus()
    if gpus and options.workers is not None:
        raise UserError("pool.workers is for the CPU; on GPUs pool.per_device says how many workers share one")
    if not gpus:
        if options.devices is not None:
            raise UserError(f"pool.devices={_written(asked_devices(settings))}, but cells run on the CPU here")
        return _cpu_slots(options.workers or 1)
    chosen = choose(gpus, settings)
    workers = len(chosen) * options.per_device
    threads = max(1, cores() // workers) if workers > 1 else None
    return [
        Slot(name=f"cuda:{number}" + (f".{share}" if options.per_device > 1 else ""), gpu=gpu.uuid, threads=threads)
        for share in range(options.per_device)
        for number, gpu in chosen
    ]


def asked_devices(settings: Settings) -> tuple[int | str, ...]:
    """What `pool.devices` names; nothing where it leaves that open."""
    devices = settings.pool.devices
    return devices if isinstance(devices, tuple) else () if devices is None else (devices,)


def _written(entries: tuple[int | str, ...]) -> str:
    return ",".join(map(str, entries))


def choose(gpus: list[Gpu], settings: Settings) -> list[tuple[int, Gpu]]:
    """Each GPU asked for, once, with its number among the visible ones. Raises UserError where one is not there."""
    asked = asked_devices(settings)
    if not asked:
        return list(enumerate(gpus))
    chosen: dict[int, Gpu] = {}
    for entry in asked:
        found = [i for i, gpu in enumerate(gpus) if str(entry) == str(i) or gpu.uuid.startswith(str(entry))]
        if len(found) != 1:
            there = ", ".join(f"{i} ({gpu.name}, {gpu.uuid})" for i, gpu in enumerate(gpus))
            raise UserError(f"pool.devices={_written(asked)}: there is no one GPU {entry}; visible are {there}")
        chosen[found[0]] = gpus[found[0]]
    return list(chosen.items())


def _cpu_slots(workers: int) -> list[Slot]:
    if workers == 1:
        return [Slot("cpu")]
    threads = max(1, cores() // workers)
    return [Slot(f"cpu.{i}", threads=threads) for i in range(workers)]
