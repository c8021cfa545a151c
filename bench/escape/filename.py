"""Names of files, made of names that may hold anything."""

import functools
import re

LONGEST = 80
RESERVED = {"con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10))}
"""Names that Windows gives to devices, whatever their suffix."""


def slug(text: str, most: int = LONGEST) -> str:
    """`text` as a file name without suffix: at most `most` lower-case letters, digits, dashes and underscores.

    Different texts may give the same slug (see `FileNames`).
    """
    name = re.sub(r"[^a-z0-9-]+", "_", text.lower())[:most].strip("_-")
    return f"{name}_" if name in RESERVED else name or "x"


@functools.lru_cache(maxsize=4096)
def key_part(text: str) -> str:
    """`text` as part of a key, and of the names of folders: at most 40 characters out of letters, digits, dot, dash.

    Different texts may give the same; the hash in a key tells them apart. Keys of records are made of it.
    """
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip(".-")[:40] or "x"


class FileNames:
    """Names of the files of one folder, no two of them the same on any file system."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def take(self, text: str, suffix: str = "") -> str:
        """A free name made of `text`, with `suffix` (a slug already) at its end; it is taken from now on."""
        stem, number = slug(text), 2
        name = f"{stem}{suffix}"
        while name.lower() in self.taken:
            name, number = f"{stem}{suffix}_{number}", number + 1
        self.taken.add(name.lower())
        return name
