"""A folder that is there as a whole or not at all."""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import UserError

NAME = 32
"""Characters of its name that a folder has while it is made: file systems allow 255 bytes of one."""
TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)


@contextmanager
def whole_folder(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """An empty folder that takes the place of `folder` at the end; where that is not reached, nothing of it is left.

    What is in `folder` at the end makes way with `replace` alone. Else it stays, and the new one is left beside it,
    which UserError says: work of hours is in it, it may be. Raises OSError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:NAME]}-"))
    try:
        yield new
        if replace and folder.exists():
            shutil.rmtree(folder)
        try:
            new.rename(folder)  # takes the place of an empty one
        except OSError as error:
            if error.errno not in TAKEN:
                raise
            beside = new.rename(new.with_name(new.name.removeprefix(".")))
            raise UserError(f"{folder} was filled meanwhile, and stays; what was made is in {beside}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
