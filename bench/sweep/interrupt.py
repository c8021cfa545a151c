"""Ctrl-C once: finish what runs. Ctrl-C twice, or being told to end: stop now."""

import signal
import socket
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Counts interruptions while it is the context; `wakeup` becomes readable at each signal.

    Works in the main thread only, as signals do; elsewhere it stays silent and the threads' owner decides.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.count = 0
        self.told_to_end: signal.Signals | None = None
        self.wakeup, self._sender = socket.socketpair()
        for end in (self.wakeup, self._sender):
            end.setblocking(False)
        self._before: dict[signal.Signals, Any] = {}
        self._fd = -1

    def __enter__(self) -> "Interrupts":
        self._fd = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for number in self.SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background job
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd)
        self.wakeup.close()
        self._sender.close()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            self.count += 1
        else:
            self.told_to_end = signal.Signals(number)

    def drain(self) -> None:
        """Make `wakeup` wait for the next signal."""
        try:
            while self.wakeup.recv(64):
                pass
        except BlockingIOError:
            return

    @property
    def finishing(self) -> bool:
        """No further cells are to be started."""
        return self.count > 0 or self.now

    @property
    def now(self) -> bool:
        """Running cells are to be ended, too."""
        return self.count > 1 or self.told_to_end is not None
