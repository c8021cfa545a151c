"""Signs of life: files that a thread touches again and again, whatever the file system answers meanwhile."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.escape.terminal import say


@contextmanager
def kept_fresh(
    paths: Callable[[], Iterable[Path]], every: Callable[[], float], touch: Callable[[Path], None], name: str
) -> Iterator[None]:
    """Touch each of `paths()` every so many seconds, as long as this is the context.

    What a file system refuses now (a network one, say, whose server is being restarted) it may grant the next time: the
    first refusal is said on standard error, and none of them ends the touching. A file that is gone is nobody's fault.
    """
    over = threading.Event()

    def touch_all() -> None:
        told = False
        while not over.wait(every()):
            for path in paths():
                try:
                    touch(path)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    if not told:
                        told = True
                        _say(f"warning: {path} cannot be touched ({error.strerror or error}); {name} are tried again")

    thread = threading.Thread(target=touch_all, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _say(text: str) -> None:
    """Standard error may be closed, or on a disk that is full: that is no reason to end."""
    with suppress(OSError, ValueError):
        say(text, error=True)
