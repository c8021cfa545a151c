"""The actors of a sweep, at most one a place of the cluster: starting, at work, or at rest between cells."""

import os
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from bench.results.processes import machine
from bench.running.cores import THREADS
from bench.settings import Settings
from bench.sweep.handle import Handle
from bench.sweep.ray.agent import Agent, Ready
from bench.sweep.ray.cluster import Place, places
from bench.sweep.ray.handle import RayHandle, reason
from bench.sweep.ray.options import RayOptions
from bench.sweep.slots import Slot
from bench.sweep.workers import Workers

PROBE = ".ray-"
"""The beginning of the name of a file by which nodes are known that see the results."""
OLD_SECONDS = 86_400 * 7
"""The age at which one counts as left by a sweep that was killed."""


class RayWorkers(Workers):
    """Actors by slot. A slot is idle once its actor is ready: Ray may start it late, where a cluster is busy."""

    def __init__(self, options: RayOptions, settings: Settings, cells: int) -> None:
        """Start as many as `cells` need. Raises UserError where the cluster has no place for them."""
        super().__init__(options)
        self._places: dict[str, Place] = {place.name: place for place in places(options, settings, cells)}
        self._starting: dict[str, Any] = {}
        """Ray's handles of actors that are not ready yet, by the name of their slot."""
        self._probe = Path(settings.results_dir).absolute() / f"{PROBE}{uuid.uuid4().hex}"
        self._probe.parent.mkdir(parents=True, exist_ok=True)
        _remove_old(self._probe.parent)
        self._probe.write_bytes(b"")
        self.news, self._tell = Pipe(duplex=False)
        for name in self._places:
            self._start(name)

    def _start(self, name: str) -> None:
        """Have Ray start the actor of a place; `hear` is told when it is ready, or can't be."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        place = self._places[name]
        actor = ray.remote(Agent).options(
            num_cpus=0 if place.on_gpu else 1 / place.sharing,
            num_gpus=1 / place.sharing if place.on_gpu else 0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(place.node, soft=False),
            max_restarts=0,
        )
        environment = {each: os.environ.get(each) for each in THREADS}
        slot = Slot(name, gpu="" if place.on_gpu else None, host=place.host)
        agent = self._starting[name] = actor.remote(slot, place.sharing, os.getcwd(), str(self._probe), environment)
        threading.Thread(target=self._await, args=(name, agent), name=f"ray {name}", daemon=True).start()

    def _await(self, name: str, agent: Any) -> None:
        import ray
        from ray.exceptions import RayError

        try:
            said: Ready | str = ray.get(agent.ready.remote())
        except RayError as error:
            said = reason(error)
        try:
            self._tell.send((name, said))
        except OSError:
            return  # the sweep ends

    def hear(self) -> str | None:
        """Take what one actor that was starting has come to; why its place is used no more, if it is not."""
        assert self.news is not None
        name, said = self.news.recv()
        agent = self._starting.pop(name, None)
        if name not in self._places:  # it was closed meanwhile
            return None
        why = said if isinstance(said, str) else said.unfit
        if why is not None:
            del self._places[name]
            return f"{name} is used no more: {why}"
        handle = RayHandle(agent, self._told(said))
        self.idle.append(handle.slot)
        self._resting[handle.slot] = handle
        return None

    @staticmethod
    def _told(ready: Ready) -> Ready:
        """With no host where its processes can be looked up from here."""
        here = ready.machine == machine()
        return replace(ready, slot=replace(ready.slot, host=None)) if here else ready

    @property
    def waits(self) -> bool:  # type: ignore[override]
        """Whether an actor is starting."""
        return bool(self._starting)

    def of(self, slot: Slot) -> Handle:
        """The actor that rests in an idle `slot`."""
        return self._resting[slot]

    def retire(self, worker: Handle) -> None:
        """End an actor that has no cell, and have another one started in its place; `hear` says if its node is gone."""
        worker.stop()
        self._resting.pop(worker.slot, None)
        if worker.slot in self.idle:
            self.idle.remove(worker.slot)
        if not worker.stuck:  # else its slot is closed
            self._start(worker.slot.name)

    def close(self, slot: Slot) -> bool:
        """Use a slot no more; whether there is another one."""
        self._places.pop(slot.name, None)
        if (agent := self._starting.pop(slot.name, None)) is not None:
            import ray

            ray.kill(agent, no_restart=True)
        if slot in self.idle:
            self.idle.remove(slot)
        return bool(self.idle or self.busy or self._starting)

    def end(self) -> None:
        """End all actors, those that start, too."""
        import ray

        super().end()
        for agent in self._starting.values():
            ray.kill(agent, no_restart=True)
        if self.news is not None:
            self.news.close()
        self._probe.unlink(missing_ok=True)


def _remove_old(results: Path) -> None:
    for probe in results.glob(f"{PROBE}*"):
        with suppress(FileNotFoundError):  # another sweep was quicker
            if time.time() - probe.stat().st_mtime > OLD_SECONDS:
                probe.unlink()
