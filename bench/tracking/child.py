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

from bench.errors import said
from bench.escape.characters import shortened
from bench.escape.secrets import masked
from bench.tracking.backends.base import Backend
from bench.tracking.messages import Begin, Close, End, Logged, Message, Points, Report, Setup, Trouble

TOGETHER_SECONDS = 1.0
"""How long messages of steps are collected, to be told in one go."""
SLOW_SECONDS = 10.0
"""A call that takes longer is said."""
GRACE_SECONDS = 60.0
"""How long this process may go on after there is nothing more."""
MAX_WORDS = 300


def serve(descriptor: int) -> None:
    """Take messages from the pipe until it says that there are no more, or closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the command, which says when there is no more
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.nice(10)
    Child(Connection(descriptor)).run()


class Child:
    """The backend, and what it is told through the pipe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._setup: Setup = connection.recv()
        self._backend: Backend | None = None
        self._sending = threading.Lock()

    def run(self) -> None:
        """Until there is nothing more."""
        more = True
        while more:
            messages, more = self._together()
            for message in merged(messages):
                self._tell(message)
        timer = threading.Timer(GRACE_SECONDS, os._exit, [1])
        timer.daemon = True
        timer.start()
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
        timer = threading.Timer(SLOW_SECONDS, self._say, [f"has not answered for {SLOW_SECONDS:.0f} s", True])
        timer.daemon = True
        timer.start()
        try:
            yield
        except (Exception, SystemExit) as error:  # a library may end the process for want of a login
            self._say(f"failed ({type(error).__name__}: {said(error)})")
        finally:
            timer.cancel()

    def _say(self, text: str, hangs: bool = False) -> None:
        with self._sending, suppress(OSError):  # nobody is there to hear it
            self._connection.send(Trouble(shortened(masked(" ".join(text.split())), MAX_WORDS), hangs))


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
