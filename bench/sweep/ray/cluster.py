"""A Ray cluster: joining it, and where on it cells can run."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bench.errors import UserError, said
from bench.settings import Settings
from bench.sweep.ray.options import RayOptions


@dataclass(frozen=True, slots=True)
class Place:
    """Room for one actor."""

    name: str
    """`node-3 cuda:1`, or `node-3 cpu`, with a count where workers share a device."""
    node: str
    """Ray's number of the node."""
    host: str
    on_gpu: bool
    sharing: int
    """Workers on its GPU, or its node's cores."""


@contextmanager
def joined(options: RayOptions) -> Iterator[None]:
    """Be part of a cluster meanwhile: of the one at `address`, or of one that this machine has for as long.

    Raises UserError where there is none.
    """
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if ray.is_initialized():  # whoever calls the sweep as a library has joined one
        yield
        return
    try:
        ray.init(
            address=options.address or "local",
            include_dashboard=None if options.address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        raise UserError(
            f"hydra.launcher.address={options.address}: no Ray cluster can be joined ({said(error).split('. ')[0]}): "
            f"`ray start --head` starts one, and without the option the sweep has one of its own"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def places(options: RayOptions, settings: Settings, cells: int) -> list[Place]:
    """Room for at most so many actors on the nodes that are alive: the first one of each device, then the others.

    Raises UserError where there is none.
    """
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    gpus = {node["NodeID"]: int(node["Resources"].get("GPU", 0)) for node in nodes}
    use_gpus = settings.device != "cpu" and any(gpus.values())
    if settings.device == "cuda" and not use_gpus:
        raise UserError("device=cuda: no node of the Ray cluster has a GPU")
    if use_gpus and options.workers is not None:
        raise UserError(
            "hydra.launcher.workers is for the CPU; on GPUs hydra.launcher.per_device says how many workers share one"
        )
    sharing = options.per_device if use_gpus else options.workers or 1
    found = []
    for share in range(sharing):
        for node in nodes:
            devices = gpus[node["NodeID"]] if use_gpus else int(node["Resources"].get("CPU", 0) >= 1)
            for number in range(devices):
                device = f"cuda:{number}" if use_gpus else "cpu"
                name = f"{node['NodeManagerHostname']} {device}{f'.{share}' if sharing > 1 else ''}"
                found.append(Place(name, node["NodeID"], node["NodeManagerHostname"], use_gpus, sharing))
    if not found:
        raise UserError("no node of the Ray cluster has a CPU to give")
    return _told_apart(found)[: min(cells, options.max_workers or cells)]


def _told_apart(found: list[Place]) -> list[Place]:
    """With a node's number in names that several have: nodes of one machine, in tests."""
    names = [place.name for place in found]
    return [
        replace(place, name=f"{place.name} ({place.node[:6]})") if names.count(place.name) > 1 else place
        for place in found
    ]
