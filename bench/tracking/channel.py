"""From the process of a cell to that of a tracker: a bounded queue, which a thread of its own empties."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from bench.errors import said
from bench.escape.characters import shortened, visible_line
from bench.tracking.messages import Close, Logged, Message, Setup, Trouble

MAX_LOGGED = 1_000
"""Messages of steps that wait; further ones are dropped. Their losses are in the record, and come with it."""
CLOSE_SECONDS, WORKER_CLOSE_SECONDS = 30.0, 8.0
"""How long the end of a command, and of a worker, waits for its tracker; the pool ends a worker that takes ten."""
LOOK_SECONDS = 0.5
"""How often steps are sent, and troubles looked for."""
_ROOT = str(Path(__file__).resolve().parents[2])


class Channel:
    """Messages to one tracker; its process begins with the first. No method waits for it, but `close`, a while."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._waiting: deque[Message] = deque()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._troubles: deque[str] = deque()
        self._logged = 0
        self._is_broken = self._hangs = False
        self._said = False

    def put(self, message: Message) -> None:
        """Have it sent. A message of steps is dropped where too many wait already."""
        if self._is_broken or (self._thread is None and isinstance(message, Close)):
            return
        is_logged = isinstance(message, Logged)
        if is_logged and self._logged >= MAX_LOGGED:
            return
        self._logged += is_logged
        self._waiting.append(message)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"tracker {self._setup.name}", daemon=True)
            self._thread.start()
        if not is_logged:  # those are sent together: a thread that wakes at every step holds up the one that trains
            self._news.set()

    def trouble(self) -> str | None:
        """What is wrong, once: the first that was heard of."""
        if self._said or not self._troubles:
            return None
        self._said = True
        return self._troubles.popleft()

    def close(self) -> None:
        """Wait until the process has done all it was told and ended: some seconds, and not where it hangs."""
        if self._thread is None:
            return
        seconds = CLOSE_SECONDS if multiprocessing.parent_process() is None else WORKER_CLOSE_SECONDS
        end = time.monotonic() + seconds
        while self._thread.is_alive() and not self._hangs and time.monotonic() < end:
            self._thread.join(LOOK_SECONDS / 10)
        if self._thread.is_alive() and self._process is not None:
            timer = threading.Timer(self._setup.grace_seconds, self._process.kill)
            timer.daemon = True  # where this process ends before, that of the tracker counts by itself
            timer.start()
        if self._thread.is_alive() and not self._hangs:
            self._troubles.append(f"has not taken everything in {seconds:.0f} s, and goes on alone for a while")

    def _run(self) -> None:
        """What the thread does: send what waits, and listen, until the process has ended."""
        with tempfile.TemporaryFile() as errors:
            try:
                connection = self._start(errors)
                self._serve(connection)
            except (OSError, EOFError) as error:
                self._is_broken = True
                self._troubles.append(f"cannot be told anything: {self._last_words(errors) or said(error)}")

    def _start(self, errors: IO[bytes]) -> Connection:
        """The process of the tracker. What it prints goes nowhere; its errors say why it ended, if it does."""
        ours, theirs = Pipe()
        paths = [_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bench.tracking", str(theirs.fileno()), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        theirs.close()
        ours.send(self._setup)
        return ours

    def _serve(self, connection: Connection) -> None:
        """Raises OSError and EOFError where the process is gone before it was told that there is no more."""
        while True:
            self._news.wait(LOOK_SECONDS)
            self._news.clear()
            while self._waiting:
                message = self._waiting.popleft()
                self._logged -= isinstance(message, Logged)
                connection.send(message)
                if isinstance(message, Close):
                    self._listen_to_the_end(connection)
                    return
            while connection.poll():
                self._hear(connection)

    def _listen_to_the_end(self, connection: Connection) -> None:
        try:
            while True:
                self._hear(connection)
        except (OSError, EOFError):
            if self._process is None or self._process.wait() != 0:
                raise
            # it has done all it was told

    def _hear(self, connection: Connection) -> None:
        trouble: Trouble = connection.recv()
        self._troubles.append(trouble.text)
        self._hangs = self._hangs or trouble.hangs

    def _last_words(self, errors: IO[bytes]) -> str:
        """The last line that the process printed before it ended, and how that was; empty where it did not."""
        if self._process is None:
            return ""
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return ""
        errors.seek(0)
        lines = errors.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        how = f"its process was ended by signal {-code}" if code < 0 else f"its process ended with exit code {code}"
        return shortened(visible_line(f"{how} {last and f'({last})'}".strip()), 300)
