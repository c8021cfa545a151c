"""The sweep's side of one actor."""

import threading
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from bench.cell import Cell
from bench.methods.bar import Bar
from bench.settings import Settings
from bench.sweep.handle import KILL_SECONDS, Handle, WorkerDied
from bench.sweep.messages import Answer, Job
from bench.sweep.ray.agent import Died, Ready


class RayHandle(Handle):
    """An actor in its slot. What it says comes through a pipe, as of a worker process of this machine."""

    def __init__(self, agent: Any, ready: Ready) -> None:
        """`agent` is Ray's handle of an `Agent` that is `ready`."""
        self._agent, self._ready = agent, ready
        self._relay: threading.Thread | None = None
        self._theirs: Connection
        self.ended = False
        super().__init__(ready.slot)

    def _begin(self) -> Connection:
        ours, self._theirs = Pipe(duplex=False)
        return ours

    @property
    def processes(self) -> tuple[str, ...]:
        """Those that must be dead before the claim is; none where they can't be looked up on this machine."""
        return self._ready.processes if self.slot.host is None else ()

    @property
    def is_alive(self) -> bool:
        """As far as is known: where a cell finds it dead, that is told then."""
        return not self.ended

    def send(self, cells: Sequence[Cell], settings: Settings, *, halvings: int, bar: Bar | None = None) -> None:
        """Hand it cells to run. Raises WorkerDied where it ended while it was idle."""
        import ray
        from ray.exceptions import RayError

        self._given(cells, halvings)
        try:
            ray.get(self._agent.ready.remote(), timeout=KILL_SECONDS)
        except RayError as error:
            raise WorkerDied(reason(error)) from None
        answers = self._agent.run.options(num_returns="streaming").remote(Job(tuple(cells), settings, halvings, bar))
        self._relay = threading.Thread(target=self._hand_on, args=(answers,), name=f"ray {self.slot.name}", daemon=True)
        self._relay.start()

    def _hand_on(self, answers: Any) -> None:
        """Write what the actor says into the pipe, until the job ends."""
        import ray
        from ray.exceptions import RayError

        try:
            for answer in answers:
                self._theirs.send(ray.get(answer))
        except RayError as error:
            self._tell(Died(reason(error)))
        except OSError:
            return  # nobody listens any more: the sweep ends

    def _tell(self, death: Died) -> None:
        try:
            self._theirs.send(death)
        except OSError:
            return

    def receive(self) -> Answer:
        """What it says next. Raises WorkerDied."""
        message = self.connection.recv()
        if isinstance(message, Died):
            raise WorkerDied(message.reason)
        answer: Answer = message
        return answer

    def stop(self) -> None:
        """End the actor."""
        self.kill()
        self.connection.close()
        self._theirs.close()

    def kill(self) -> None:
        """End the actor, and be told that it has ended: nothing of it may write a record after this."""
        import ray

        if not self.ended:
            self.ended = True
            ray.kill(self._agent, no_restart=True)
        if self._relay is not None:
            self._relay.join(KILL_SECONDS)
            self.stuck = self._relay.is_alive()


def reason(error: Exception) -> str:
    """Why an actor is gone, in a line of Ray's own words."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [
        line
        for line in lines
        if line and not line.startswith(("class_name:", "actor_id:", "namespace:", "ip:", "pid:"))
    ]
    return f"its Ray actor died: {' '.join(told[:2]) or type(error).__name__}"
