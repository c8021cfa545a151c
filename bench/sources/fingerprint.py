"""SHA-256 of files and folders: what was read, whatever it was called.

What was hashed is remembered while nothing about the files has changed (size, times of modification and of change,
inode), in this process and, where a folder for that is given, on disk: a model of many gigabytes is hashed once. As
git does, files that were modified a moment ago are hashed each time: an edit that follows within the clock's grain
would show in nothing else.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SETTLED = 3.0
"""Seconds after which one more change of a file gives it another time."""
FOLDER = "hashes"
"""In the cache folder: what is remembered on disk."""

_remembered: dict[Path, tuple[str, str]] = {}
"""By place: what was told of the files when they were hashed, and the hash."""
_planned: dict[Path, str] | None = None
"""Hashes that hold until `once` ends; None outside of it."""


def file_sha256(path: Path, memo: Path | None = None) -> str:
    """The SHA-256 of the file's content; `memo` is the folder where it is remembered. Raises OSError."""
    place = path.absolute()
    return _known(place, [place], memo, lambda: _hash_file(place))


def folder_sha256(folder: Path, memo: Path | None = None, *, hidden: bool = False) -> str:
    """The SHA-256 over the relative names and contents of the files below `folder`. Raises OSError.

    Hidden files and folders do not count unless asked for: download tools leave time stamps there. Links are
    followed, for what is read follows them, too.
    """
    place = folder.absolute()
    key = place / "**" if hidden else place
    if _planned is not None and key in _planned:
        return _planned[key]
    files = sorted(files_below(place, hidden=hidden))

    def hashed() -> str:
        digest = hashlib.sha256()
        for path in files:
            name = path.relative_to(place).as_posix().encode(errors="surrogateescape")
            digest.update(name + f"\0{_hash_file(path)}\n".encode())
        return digest.hexdigest()

    return _known(key, files, memo, hashed)


@contextmanager
def once() -> Iterator[None]:
    """Within this, each place is looked at once: for plans of thousands of cells, which are checked when they run."""
    global _planned  # noqa: PLW0603 - one plan a process
    _planned = {}
    try:
        yield
    finally:
        _planned = None


def _known(place: Path, files: list[Path], memo: Path | None, hashed: Any) -> str:
    """What is remembered of `place`, where `files` are as they were then; else `hashed()`."""
    if _planned is not None and place in _planned:
        return _planned[place]
    began = time.time()
    told, newest = _told(files)
    known = _remembered.get(place) or _read(memo, place)
    if known is not None and known[0] == told:
        digest = known[1]
        _remembered[place] = known
    else:
        digest = hashed()
        if began - newest > SETTLED and _told(files)[0] == told:
            _remembered[place] = (told, digest)
            _write(memo, place, told, digest)
    if _planned is not None:
        _planned[place] = digest
    return digest


def _told(files: list[Path]) -> tuple[str, float]:
    """Everything that tells of a change without reading, and when the last one was."""
    digest, newest = hashlib.sha256(), 0
    for path in files:
        status = path.stat()
        facts = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        digest.update(os.fsencode(path) + f"\0{facts}\n".encode())
        newest = max(newest, status.st_mtime_ns, status.st_ctime_ns)
    return digest.hexdigest(), newest / 1e9


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_below(folder: Path, *, hidden: bool = False) -> Iterator[Path]:
    """The regular files below a folder; links are followed, but in no circle. Raises OSError."""
    seen: set[tuple[int, int]] = set()

    def fail(error: OSError) -> None:
        raise error

    for root, folders, names in os.walk(folder, followlinks=True, onerror=fail):
        status = os.stat(root)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = [name for name in folders if hidden or not name.startswith(".")]
        yield from (
            path for name in names if hidden or not name.startswith(".") if (path := Path(root, name)).is_file()
        )


def _place(memo: Path, place: Path) -> Path:
    return memo / f"{hashlib.sha256(os.fsencode(place)).hexdigest()[:32]}.json"


def _read(memo: Path | None, place: Path) -> tuple[str, str] | None:
    """What an earlier process remembered; None where there is nothing that can be used."""
    if memo is None:
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(_place(memo, place).read_bytes())
        told, digest = content["told"], content["sha256"]
        if isinstance(told, str) and isinstance(digest, str) and len(digest) == 64:
            return told, digest
    return None


def _write(memo: Path | None, place: Path, told: str, digest: str) -> None:
    """Remember on disk, where that can be written: it only saves time. A plan makes no cache folder for it."""
    if memo is None or not memo.parent.is_dir():
        return
    target = _place(memo, place)
    with suppress(OSError):
        memo.mkdir(exist_ok=True)
        temporary = target.with_name(f".{target.name}-{os.getpid()}")
        temporary.write_text(json.dumps({"told": told, "sha256": digest}), encoding="utf-8")
        temporary.replace(target)
