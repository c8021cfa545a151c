"""What the process of a tracker does: one message after the other, whatever the library makes of each.

It does not end with the process that it serves: what that had told is still delivered, for a while.
"""

import importlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from bench.escape.secrets import masked
from bench.tracking.backends.base import Backend, named
from bench.tracking.messages import Begin, Close, End, Logged, Message, Points, Report, Setup, Trouble

TOGETHER_SECONDS = 1.0
"""How long messages of steps are collected, to be told in one go."""
NICE = 5
"""What trains goes before; libraries that take seconds to be imported get there all the same."""
LOOK_SECONDS = 0.25
"""How often it is looked at whether a call hangs, and whether the process that this one serves is still there."""


def serve(descriptor: int, parent: int) -> None:
    """Take messages from the pipe of `parent` (a process id) until it says that there are no more, or closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the command, which says when there is no more
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.nice(NICE)
    Child(Connection(descriptor), parent).run()


class Child:
    """The backend, and what it is told through the pipe."""

    def __init__(self, connection: Connection, parent: int) -> None:
        self._connection, self._parent = connection, parent
        self._setup: Setup = connection.recv()
        self._backend: Backend[Any] | None = None
        self._sending = threading.Lock()
        self._called: float | None = None
        """Since when a call has not come back; None while there is none."""
        self._ending: float | None = None
        """Since when there is nothing more to come."""

    def run(self) -> None:
        """Until there is nothing more."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        more = True
        while more:
            messages, more = self._together()
            for message in merged(messages):
                self._tell(message)
        self._ending = self._ending or time.monotonic()
        if self._backend is not None:
            with self._watched():
                self._backend.close()
        os._exit(0)  # not by a library's own handlers, which may wait for a server

    def _together(self) -> tuple[list[Message], bool]:
        """What has come, and whether more may: at once but for steps, which are collected for a moment."""
        messages: list[Message] = []
        end = None
        try:
            while end is None or ((left := end - time.monotonic()) > 0 and self._connection.poll(left)):
                message = self._connection.recv()
                if isinstance(message, Close):
                    return messages, False
                messages.append(message)
                if not isinstance(message, Logged):
                    break
                end = end or time.monotonic() + TOGETHER_SECONDS
        except (EOFError, OSError):  # the process that it serves is gone
            return messages, False
        return messages, True

    def _tell(self, message: Message) -> None:
        """Have the backend do it; whatever that raises is said."""
        with self._watched():
            if self._backend is None:
                self._backend = importlib.import_module(self._setup.backend).backend(self._setup, self._say)
            match message:
                case Begin():
                    self._backend.begin(message.run)
                case Logged():
                    self._backend.log(message.key, message.points)
                case End():
                    self._backend.end(message)
                case Report():
                    self._backend.report(message.page)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Whatever is raised within, or takes long, is said."""
        self._called = time.monotonic()
        try:
            yield
        except (Exception, SystemExit) as error:  # a library may end the process for want of a login
            self._say(f"failed ({named(error)})")
        finally:
            self._called = None

    def _watch(self) -> None:
        """In a thread of its own: say that a call hangs, and end this process when its time is over, whatever hangs."""
        said_of: float | None = None
        while True:
            time.sleep(LOOK_SECONDS)
            now, called = time.monotonic(), self._called
            if called is not None and called != said_of and now - called > self._setup.slow_seconds:
                said_of = called
                self._say(f"has not answered for {self._setup.slow_seconds:.0f} s", hangs=True)
            if self._ending is None and os.getppid() != self._parent:
                self._ending = now
            if self._ending is not None and now - self._ending > self._setup.grace_seconds:
                os._exit(1)

    def _say(self, text: str, hangs: bool = False) -> None:
        with self._sending, suppress(OSError):  # nobody is there to hear it
            self._connection.send(Trouble(masked(" ".join(text.split())), hangs))


def merged(messages: list[Message]) -> list[Message]:
    """Messages of steps that follow each other made one for each cell; all else in its order."""
    kept: list[Message] = []
    points: dict[str, Points] = {}
    for message in messages:
        if isinstance(message, Logged):
            points[message.key] = (*points.get(message.key, ()), *message.points)
            continue
        kept += [Logged(key, found) for key, found in points.items()]
        points = {}
        kept.append(message)
    return kept + [Logged(key, found) for key, found in points.items()]
