"""Reading files that others may have put there: only plain files of a sensible size, and JSON of a sensible depth.

A pipe in the place of a record would be waited for without end, a device read without end.
"""

import errno
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
MEGABYTE = 2**20
MAX_BYTES = 512 * MEGABYTE
"""Of a file, unless a caller says otherwise."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""Numbers of errors that every file of a disk would meet."""
NO_WRITING = (*FULL, errno.EFBIG, errno.EIO)
"""Those after which there is no use in writing another file."""


def read_regular(path: Path, most: int = MAX_BYTES) -> bytes:
    """The content of a plain file of at most `most` bytes. Raises OSError, also for everything that is none."""
    try:
        # a pipe without a writer opens at once so; for plain files it changes nothing
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a NUL or half a character in the name
        raise OSError(errno.EINVAL, f"not a file name ({error})", repr(str(path))) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(most + 1)
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"larger than {most / MEGABYTE:,.0f} MB", str(path))
    return content


def read_json(path: Path, most: int = MAX_BYTES) -> Any:
    """What the JSON of a plain file says. Raises OSError, and ValueError where it is no JSON or nested too deeply."""
    return loads(read_regular(path, most))


def loads(content: str | bytes) -> Any:
    """`json.loads`, with one kind of error. Raises ValueError, also where an object has a key twice."""
    try:
        return json.loads(content, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("nested too deeply") from None


class Repeated(ValueError):
    """An object has a key twice: which of its values is meant is not known."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise Repeated(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return made


def validated(adapter: "TypeAdapter[T]", content: bytes, *, strict: bool | None = None) -> T:
    """JSON as `adapter` wants it.

    Raises pydantic's ValidationError, and Repeated, for of a key that is there twice pydantic takes the last value.
    """
    made = adapter.validate_json(content, strict=strict)
    loads(content)
    return made


def check_folder(folder: Path) -> None:
    """Raise OSError where `folder` is there, or something else in its place, and can't be looked into."""
    try:
        with os.scandir(folder):
            pass
    except FileNotFoundError:
        return
    except ValueError as error:
        raise OSError(errno.EINVAL, f"not a file name ({error})", repr(str(folder))) from error
