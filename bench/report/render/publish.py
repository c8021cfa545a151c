"""A report is drawn in a folder of its own first, so one that can't be written whole leaves the old one as it was."""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.results.store import Stamp

PREFIX = ".new-"
LEFT_SECONDS = 86_400
"""After which a folder that is still there was left by a process that was killed."""


@contextmanager
def drawing_room(folder: Path) -> Iterator[Path]:
    """A folder in `folder`, which is made, for as long as this is the context. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another report may have removed it just now
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def publish(new: Path, folder: Path, last: Sequence[str]) -> None:
    """Put all files below `new` into `folder`, in place of those of the same names; those named `last` in the end.

    Raises OSError, where something else is in their place before any of them is moved.
    """
    names = sorted((path.relative_to(new) for path in new.rglob("*") if path.is_file()), key=str)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (folder / name).is_dir():
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
    for name in sorted(names, key=lambda name: list(last).index(str(name)) if str(name) in last else -1):
        os.replace(new / name, folder / name)


def in_place(written: Mapping[Path, Stamp], new: Path, folder: Path) -> dict[Path, Stamp]:
    """Where files that were `written` below `new` are once they are published."""
    return {folder / path.relative_to(new): stamp for path, stamp in written.items() if path.is_relative_to(new)}
