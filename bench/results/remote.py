"""Results on a bucket or a server (`s3://bucket/results`): a copy of what a report reads of them, kept up to date.

Whatever fsspec can list is read, and never written. A file is fetched when the other side's entity tag, or else its
size and time, is another than when it was fetched before; one that is gone there is removed here. Models that cells
kept stay where they are.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bench.errors import UserError, said
from bench.escape.secrets import masked
from bench.results.places import RECORD
from bench.results.store import PREDICTIONS, TEXTS, write_atomically
from bench.rights import shared_lock

STATE = ".fetched.json"
NEW = ".new."
"""The beginning of the name of a folder with files that are being fetched."""
TAGS = ("ETag", "etag", "md5Hash", "content_md5", "Content-MD5", "Digest")
"""What file systems call a file's entity tag."""
TIMES = ("LastModified", "last_modified", "updated", "mtime", "Last-Modified", "created")
"""And when it was modified."""
AT_ONCE = 200
"""Files that are asked for together."""
_PREDICTIONS = re.compile(rf"{PREDICTIONS}[0-9a-f]{{12,64}}\.parquet")
_TEXTS = re.compile(r"test-[0-9a-f]{12,64}\.parquet")

Place = tuple[str, ...]
"""Folders from the results down to a cell (`places.place_of`)."""


def local_copy(url: str, places: Iterable[Place], cache: Path) -> Path:
    """The folder below `cache` with the records of the cells at `places` that are at `url`, as they are there now.

    Predictions and texts are beside them. Raises UserError where they can't be had: nothing older stands in for them.
    """
    folder = cache / "remote_results" / hashlib.sha256(url.encode()).hexdigest()[:16]
    wanted = set(places)
    try:
        system, root = _opened(url)
        folder.mkdir(parents=True, exist_ok=True)
        with shared_lock(folder / ".lock"):
            _update(system, root, folder, wanted)
    except UserError:
        raise
    except Exception as error:  # each file system has errors of its own, for a refused key or a host that is not there
        raise UserError(f"more_results={masked(url)} cannot be read: {masked(said(error))}") from error
    return folder


def _opened(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path on it."""
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except ImportError as error:  # fsspec's message says what to install: "Install s3fs to access S3"
        raise UserError(f"more_results={masked(url)} needs a package that is not installed: {said(error)}") from error
    except ValueError as error:
        raise UserError(f"more_results={masked(url)}: {said(error)}") from error
    return system, str(root).rstrip("/")


def _update(system: Any, root: str, folder: Path, wanted: set[Place]) -> None:
    for left in folder.glob(f"{NEW}*"):  # of one that was killed
        shutil.rmtree(left, ignore_errors=True)
    there = _listed(system, root, wanted)
    before = _remembered(folder)
    states = {name: _state(system, path, info) for name, (path, info) in there.items()}
    for name in [name for name in before if name not in there]:
        (folder / name).unlink(missing_ok=True)
    stale = [
        name
        for name, state in states.items()
        if state is None or before.get(name, {}).get("state") != state or _size(folder / name) != before[name]["size"]
    ]
    for first in range(0, len(stale), AT_ONCE):
        some = stale[first : first + AT_ONCE]
        _fetch(system, {name: there[name][0] for name in some}, folder)
    kept = {name: {"state": state, "size": _size(folder / name)} for name, state in states.items()}
    if kept != before:
        write_atomically(folder / STATE, json.dumps(kept).encode())


def _listed(system: Any, root: str, wanted: set[Place]) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """What is to be had, by name below `root`: the path on the file system, and what that says of it."""
    rows: dict[tuple[str, str], set[str]] = defaultdict(set)
    for data, row, cell in wanted:
        rows[data, row].add(cell)
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for (data, row), cells in rows.items():
        for name, entry in _files(system, root, f"{data}/{row}"):
            parts = name.split("/")
            if len(parts) == 4 and parts[2] in cells and _is_read(parts[3]):
                found[name] = entry
    for data in {data for data, _ in rows} if found else ():
        found |= {name: entry for name, entry in _files(system, root, f"{data}/{TEXTS}") if _is_text(name)}
    if not found and not system.exists(root):
        address = masked(str(system.unstrip_protocol(root)))
        raise UserError(f"more_results: nothing is there at {address}, or nobody answers")
    return found


def _files(system: Any, root: str, below: str) -> list[tuple[str, tuple[str, Mapping[str, Any]]]]:
    """The files in a folder and those in it, by name below `root`; none without such a folder."""
    try:
        found = system.find(f"{root}/{below}", detail=True)
    except FileNotFoundError:
        return []
    names = ((unquote(path.removeprefix(root).lstrip("/")), path) for path in found)
    return [(name, (path, found[path])) for name, path in names]


def _is_read(name: str) -> bool:
    return name == RECORD or _PREDICTIONS.fullmatch(name) is not None


def _is_text(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 3 and _TEXTS.fullmatch(parts[2]) is not None


def _state(system: Any, path: str, info: Mapping[str, Any]) -> list[str] | None:
    """What is different after the file was written anew; None where that can't be told, and it is fetched each time."""
    for known in (info, None):
        about = system.info(path) if known is None else known  # lists of web servers are of names alone
        tag = next((about[name] for name in TAGS if about.get(name)), None)
        time = next((about[name] for name in TIMES if about.get(name)), None)
        if about.get("size") is not None and (tag is not None or time is not None):
            return [str(about["size"]), str(time) if tag is None else str(tag)]
    return None


def _fetch(system: Any, paths: Mapping[str, str], folder: Path) -> None:
    """Fetch files by their name below `folder`; each is whole, or as it was."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=NEW) as new:
        temporary = {name: str(Path(new, str(number))) for number, name in enumerate(paths)}
        system.get([paths[name] for name in paths], [temporary[name] for name in paths])
        for name, path in temporary.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, folder / name)


def _remembered(folder: Path) -> dict[str, dict[str, Any]]:
    with suppress(OSError, ValueError):  # there is none, or it is of no use: all is fetched
        content = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return {str(name): dict(known) for name, known in content.items()}
    return {}


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
