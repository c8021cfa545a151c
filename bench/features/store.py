"""Features on disk: a folder of segments for each kind of features, all of them within a bound.

Nothing is ever changed in place, so processes need not wait for each other: each adds files of its own and reads all.
What two compute at the same time is there twice, and no harm done. Where there is too much, the files that were not
used for longest go.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import torch

from bench.features import segment
from bench.features.segment import SUFFIX, TEMPORARY, Damaged, Key, Segment
from bench.rights import shared_lock

STALE_SECONDS = 3600.0
"""A file that has been in writing for longer was left by a process that died."""


class Store:
    """The segments in `folder`, which lies in `root` beside other stores; together they keep to `most` bytes."""

    def __init__(self, root: Path, name: str, most: int) -> None:
        self.root, self.folder, self.most = root, root / name, most
        self._segments: dict[Path, Segment] = {}
        self._places: dict[Key, Segment] = {}

    def refresh(self) -> None:
        """Take notice of segments that other processes added. Damaged ones are removed."""
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            if path not in self._segments:
                self._open(path)

    def _open(self, path: Path) -> None:
        try:
            opened = Segment(path)
            os.utime(path)  # it is of use
        except FileNotFoundError:
            return  # evicted a moment ago
        except Damaged:
            path.unlink(missing_ok=True)
            return
        self._add(opened)

    def _add(self, opened: Segment) -> None:
        self._segments[opened.path] = opened
        for key in opened.places:
            self._places.setdefault(key, opened)

    def __contains__(self, key: Key) -> bool:
        return key in self._places

    def read(self, key: Key) -> torch.Tensor | None:
        """The rows of a text; None where they are not there, or not as they were written."""
        found = self._places.get(key)
        if found is None:
            return None
        try:
            return found.read(key)
        except Damaged:
            self._drop(found)
            return None

    def _drop(self, damaged: Segment) -> None:
        damaged.path.unlink(missing_ok=True)
        self._segments.pop(damaged.path, None)
        self._places = {key: held for key, held in self._places.items() if held is not damaged}

    def write(self, features: Mapping[Key, torch.Tensor]) -> None:
        """Keep features for everybody, then make room. Raises OSError."""
        self._add(segment.write(self.folder, features))
        evict(self.root, self.most)


def evict(root: Path, most: int) -> None:
    """Remove the segments below `root` that were not used for longest, until the rest takes at most `most` bytes."""
    with shared_lock(root / ".lock"):
        for stale in root.glob(f"*/{TEMPORARY}*"):
            with suppress(FileNotFoundError):  # whoever wrote it is done, or another process was here first
                if time.time() - stale.stat().st_mtime > STALE_SECONDS:
                    stale.unlink()
        found = []
        for path in root.glob(f"*/*{SUFFIX}"):
            with suppress(FileNotFoundError):  # another process removed it
                status = path.stat()
                found.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= most:
                return
            path.unlink(missing_ok=True)
            total -= size
