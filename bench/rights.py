"""Who may read what is kept: the umask says so, for folders and files that are made through `tempfile`, too."""

import os
import re
from pathlib import Path

from filelock import FileLock


def share(path: Path) -> None:
    """Give a file or folder the rights that the umask leaves, in place of those that `tempfile` gives: the owner's."""
    path.chmod((0o777 if path.is_dir() else 0o666) & ~_umask())


def share_all(folder: Path) -> None:
    """The same of a folder and everything in it; links are left as they are."""
    for root, _, names in os.walk(folder):
        for path in (Path(root), *(Path(root, name) for name in names)):
            if not path.is_symlink():
                share(path)


def shared_lock(path: Path) -> FileLock:
    """A lock that others may take, as far as the umask lets them write."""
    return FileLock(path, mode=0o666 & ~_umask())


def _umask() -> int:
    """Asked of the kernel where it tells, for `os.umask` tells only what it changes, for all threads at once."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        status = ""
    told = re.search(r"^Umask:\s*([0-7]+)$", status, re.MULTILINE)
    if told:
        return int(told[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
